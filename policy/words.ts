import { currencyExponent } from './currencies.ts';
import { instrumentById, keeper } from './facts.ts';
import type { Instrument } from './instrument.ts';
import type { Attempt, OrderState } from './order.ts';
import type { Actor, Money, MoneyOperationName } from './terms.ts';

/** `EUR 49.99`, `JPY 500`. */
export function amountText(money: Money): string {
  const exponent = currencyExponent(money.currency) ?? 2;
  if (exponent === 0) return `${money.currency} ${money.minor}`;
  const digits = String(money.minor).padStart(exponent + 1, '0');
  return `${money.currency} ${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** `minor` units of the order's currency. */
export function minorText({ facts }: OrderState, minor: number): string {
  return amountText({ ...facts.amount, minor });
}

/** `visa •4242`, `card ins_1f…`: never more of an instrument than this. */
export function instrumentText(instrument: Instrument | undefined): string {
  if (instrument === undefined) return 'the processor’s page';
  const name = instrument.network ?? 'card';
  return instrument.last4 === undefined ? `${name} ${instrument.id.slice(0, 10)}` : `${name} •${instrument.last4}`;
}

/** What an attempt collects with: `visa •4242`, `invoice`. */
export function wayText(order: OrderState, attempt: Attempt): string {
  switch (attempt.kind) {
    case 'card':
      return instrumentText(instrumentById(order, attempt.instrumentId));
    case 'hosted_checkout':
      return 'hosted checkout';
    case 'invoice':
      return 'invoice';
    default:
      return attempt.kind satisfies never;
  }
}

/** `Attempt 2: beta, EUR 49.99, visa •4242`. The amount is the order's unless another one is meant. */
export function attemptText(order: OrderState, attempt: Attempt, minor = order.facts.amount.minor): string {
  return `Attempt ${attempt.number}: ${attempt.processor}, ${minorText(order, minor)}, ${wayText(order, attempt)}`;
}

/** What is done to an attempt, where that is not collecting itself. */
export const OPERATION_TEXT: Record<Exclude<MoneyOperationName, 'charge' | 'authorize'>, string> = {
  capture: 'take the reserved amount',
  void: 'give up the reservation',
  refund: 'give the money back',
  continue_authentication: 'go on after 3-D Secure',
  open_hosted: 'open the page',
  close_hosted: 'close the page',
  open_invoice: 'open the invoice',
  close_invoice: 'close the invoice',
};

/** What is left to whoever wanted to end an order that is paid: there is no call for it here, so the way is named. */
export function refundByHand(order: OrderState): string {
  const processor = keeper(order)?.processor ?? 'its processor';
  return `Recoup has no call that refunds it: refund it at ${processor}, and Recoup counts what ${processor}’s notices tell.`;
}

/** `soft_decline (insufficient_funds)`. */
export function failureText(attempt: Attempt): string {
  const name = attempt.failureClass ?? attempt.outcome ?? 'in flight';
  return attempt.processorCode === null ? name : `${name} (${attempt.processorCode})`;
}

/** As in `held by support`, `held by the merchant`. */
export function actorText(actor: Actor): string {
  return actor === 'support' ? actor : `the ${actor}`;
}

/** `2026-11-22 10:00:00 UTC`. */
export function instantText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** Last paragraph of every Markdown text for Temporal Web UI, which cuts off the end of the frame (2.42.1). */
export const SPACE_AT_THE_END = '\u00a0';
