/** Waiting longer than this for a worker proves that a call to a processor never ran. */
export const SCHEDULE_TO_START_MS = 10_000;
