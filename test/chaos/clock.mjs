// Moves the clock of the process that imports it: `node --import ./clock.mjs …` with RECOUP_CLOCK_OFFSET_MS. Everything in
// it lives at that time, tokens and signatures included, as on a machine whose clock is wrong. The product has no such switch.
const offsetMs = Number(process.env.RECOUP_CLOCK_OFFSET_MS ?? '0');

if (offsetMs !== 0) {
  const RealDate = globalThis.Date;
  globalThis.Date = class MovedDate extends RealDate {
    constructor(...parts) {
      if (parts.length === 0) super(RealDate.now() + offsetMs);
      else super(...parts);
    }
    static now() {
      return RealDate.now() + offsetMs;
    }
  };
}
