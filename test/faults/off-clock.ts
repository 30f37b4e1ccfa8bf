/** What a process is started with so that its whole clock is so far off. */
export function clockOff(offMs: number): Record<string, string> {
  const NODE_OPTIONS = `--import ${new URL('../chaos/clock.mjs', import.meta.url).href}`;
  return { NODE_OPTIONS, RECOUP_CLOCK_OFFSET_MS: String(offMs) };
}

export const AN_HOUR_OFF = [
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
] as const;
