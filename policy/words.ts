import { instrumentById } from './facts.ts';
import type { Attempt, Instrument, OrderState } from './order.ts';
import type { Money } from './terms.ts';

/** Currencies whose minor unit is not a hundredth (ISO 4217). */
const EXPONENTS: Record<string, number> = {
  BHD: 3,
  BIF: 0,
  CLF: 4,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  RWF: 0,
  TND: 3,
  UGX: 0,
  UYI: 0,
  UYW: 4,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
};

/** `EUR 49.99`, `JPY 500`. */
export function amountText(money: Money): string {
  const exponent = EXPONENTS[money.currency] ?? 2;
  if (exponent === 0) return `${money.currency} ${money.minor}`;
  const digits = String(money.minor).padStart(exponent + 1, '0');
  return `${money.currency} ${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** `visa •4242`, `card ins_1f…`: never more of an instrument than this. */
export function instrumentText(instrument: Instrument | undefined): string {
  if (instrument === undefined) return 'the processor’s page';
  const name = instrument.network ?? 'card';
  return instrument.last4 === undefined ? `${name} ${instrument.id.slice(0, 10)}` : `${name} •${instrument.last4}`;
}

/** `Attempt 2: beta, EUR 49.99, visa •4242`. */
export function attemptText(order: OrderState, attempt: Attempt): string {
  const what =
    attempt.kind === 'card'
      ? instrumentText(instrumentById(order, attempt.instrumentId))
      : attempt.kind === 'invoice'
        ? 'invoice'
        : 'hosted checkout';
  return `Attempt ${attempt.number}: ${attempt.processor}, ${amountText(order.facts.amount)}, ${what}`;
}

/** `soft_decline (insufficient_funds)`. */
export function failureText(attempt: Attempt): string {
  const name = attempt.failureClass ?? attempt.outcome ?? 'in flight';
  return attempt.processorCode === null ? name : `${name} (${attempt.processorCode})`;
}

/** `2026-11-22 10:00:00 UTC`. */
export function instantText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}
