import type { Classification } from '../answers.ts';
import type { Rulebook } from '../rulebook.ts';
import type { Sheet } from '../sheet.ts';

/*
 * Test mode: `RECOUP_TIME_SCALE=N` divides windows, schedules, key, settle and lookup times. How long a call or the
 * first answer may take is never divided, because real calls do not get faster.
 */

/** For waits: rounded up, so that a proof never comes earlier than the processor's own, equally scaled, time. */
function wait(durationMs: number, scale: number): number {
  return Math.max(1, Math.ceil(durationMs / scale));
}

/** For permissions: rounded down, so that a key is never trusted longer than the processor remembers it. */
function permission(durationMs: number, scale: number): number {
  return Math.max(1, Math.floor(durationMs / scale));
}

function assertScale(scale: number): void {
  if (!Number.isFinite(scale) || scale < 1) {
    throw new RangeError(`The time scale is a number from 1, not ${scale}. Nothing was scaled.`);
  }
}

export function scaleRulebook(rulebook: Rulebook, scale: number): Rulebook {
  assertScale(scale);
  const rules = rulebook.rules.map((rule) => ({
    ...rule,
    transient: { sameKeyBackoffMs: rule.transient.sameKeyBackoffMs.map((delay) => wait(delay, scale)) },
    laterTriesMs: rule.laterTriesMs.map((delay) => wait(delay, scale)),
    windows: {
      answerWithinMs: rule.windows.answerWithinMs,
      authenticationMs: permission(rule.windows.authenticationMs, scale),
      buyerMs: permission(rule.windows.buyerMs, scale),
      hostedMs: permission(rule.windows.hostedMs, scale),
      invoiceMs: permission(rule.windows.invoiceMs, scale),
      buyerPatienceMs: wait(rule.windows.buyerPatienceMs, scale),
      unknownBuyerLimitMs: wait(rule.windows.unknownBuyerLimitMs, scale),
      resendMs: permission(rule.windows.resendMs, scale),
    },
  }));
  return { ...rulebook, rules };
}

export function scaleSheet(sheet: Sheet, scale: number): Sheet {
  assertScale(scale);
  const { idempotency, lookup } = sheet;
  return {
    ...sheet,
    idempotency: idempotency && { ...idempotency, windowMs: permission(idempotency.windowMs, scale) },
    lookup: lookup && {
      ...lookup,
      scheduleMs: lookup.scheduleMs.map((delay) => wait(delay, scale)),
      maxDelayMs: wait(lookup.maxDelayMs, scale),
      absence: lookup.absence && { ...lookup.absence, settleMs: wait(lookup.absence.settleMs, scale) },
    },
    pendingLimitMs: wait(sheet.pendingLimitMs, scale),
    hostedMaxMs: permission(sheet.hostedMaxMs, scale),
    invoiceMaxMs: permission(sheet.invoiceMaxMs, scale),
  };
}

/** An issuer's "retry after ten days" is a schedule like any other. */
export function scaleClassification(classification: Classification, scale: number): Classification {
  assertScale(scale);
  const { retryAfterMs } = classification;
  return { ...classification, retryAfterMs: retryAfterMs === null ? null : wait(retryAfterMs, scale) };
}
