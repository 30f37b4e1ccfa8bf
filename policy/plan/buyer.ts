import { after, askPerson, type Draft, refuse, sheetOf, tell } from '../draft.ts';
import { instrumentById, lastAttempt } from '../facts.ts';
import type { Instrument, OrderState } from '../order.ts';
import type { Rule } from '../rulebook.ts';
import type { Sheet } from '../sheet.ts';
import type { RecoveryPath } from '../terms.ts';
import { instantText } from '../words.ts';
import { startAttempt } from './send.ts';
import { canUse, refusalOfInstrument } from './usable.ts';

/** What the buyer (or support for the buyer) chose, now that nothing is payable any more. */
export function followChoice(draft: Draft): boolean {
  const { order } = draft;
  const { choice } = order;
  if (choice === null) return false;
  order.round += 1;
  order.answerFrom = draft.now;
  order.askedBuyer = false;
  order.window = null;
  order.retryAt = null;
  const started = startChoice(draft, choice);
  order.choice = null;
  if (!started) tell(draft, 'choice_refused', `The choice ${choice.path} cannot be carried out`, { actor: 'system' });
  return started;
}

function startChoice(draft: Draft, choice: NonNullable<OrderState['choice']>): boolean {
  if (choice.path === 'hosted_checkout' || choice.path === 'invoice') {
    return openPage(draft, choice.path, choice.startedBy);
  }
  const instrument = instrumentById(draft.order, choice.instrumentId);
  if (instrument === undefined) return false;
  const refusal = refusalOfInstrument(draft, instrument);
  if (refusal !== null) {
    refuse(draft, 'the chosen payment method', refusal.why, refusal.source);
    return false;
  }
  const challenge = choice.path === 'authenticate';
  const sheet = challenge ? lastChallenger(draft, instrument) : firstUsable(draft, instrument);
  if (sheet === undefined) return false;
  const role = choice.startedBy === 'support' ? 'support’s retry' : 'buyer’s choice';
  startAttempt(draft, { kind: 'card', sheet, instrument, startedBy: choice.startedBy, challenge, role });
  return true;
}

function firstUsable(draft: Draft, instrument: Instrument): Sheet | undefined {
  for (const processor of draft.rule.processors) {
    const sheet = sheetOf(draft, processor);
    if (sheet !== undefined && canUse(draft, sheet, instrument, true)) return sheet;
    tell(draft, 'processor_skipped', `${processor} skipped: ${draft.refused.at(-1)?.why ?? 'not set up'}`);
  }
  return undefined;
}

/** Authentication goes on where it was asked for. */
function lastChallenger(draft: Draft, instrument: Instrument): Sheet | undefined {
  const asked = draft.order.attempts.filter((each) => each.instrumentId === instrument.id).at(-1);
  const sheet = asked === undefined ? undefined : sheetOf(draft, asked.processor);
  return sheet ?? firstUsable(draft, instrument);
}

/** Opens a hosted session or invoice at the first processor of the rule that offers one. */
export function openPage(
  draft: Draft,
  path: 'hosted_checkout' | 'invoice',
  startedBy: 'buyer' | 'support' | 'rule',
): boolean {
  const sheet = pageProcessor(draft.order, draft.rule, draft.sheets, path);
  if (sheet === undefined) return false;
  const role = startedBy === 'rule' ? 'the rule’s next path' : 'buyer’s choice';
  startAttempt(draft, { kind: path, sheet, instrument: null, startedBy, challenge: false, role });
  return true;
}

function pageProcessor(
  order: OrderState,
  rule: Rule,
  sheets: Sheet[],
  path: 'hosted_checkout' | 'invoice',
): Sheet | undefined {
  const operation = path === 'invoice' ? 'open_invoice' : 'open_hosted';
  return rule.processors
    .map((processor) => sheetOf({ sheets }, processor))
    .find(
      (sheet) =>
        sheet?.operations.includes(operation) === true &&
        !order.facts.features.some((feature) => sheet.unsupportedFeatures.includes(feature)),
    );
}

/** The paths that the buyer can take now, best first. */
export function offeredPaths(
  order: OrderState,
  rule: Rule,
  sheets: Sheet[],
): { path: RecoveryPath; instrument?: Instrument }[] {
  const offered: { path: RecoveryPath; instrument?: Instrument }[] = [];
  const last = lastAttempt(order);
  if (last?.failureClass === 'authentication_required') {
    const instrument = instrumentById(order, last.instrumentId);
    const challenges = order.attempts.filter(
      (each) => each.challenge && each.instrumentId === last.instrumentId,
    ).length;
    if (instrument !== undefined && instrument.forbidden === undefined && challenges < 3) {
      offered.push({ path: 'authenticate', instrument });
    }
  }
  for (const path of rule.recoveryPaths) {
    if (path === 'saved_method') {
      for (const instrument of order.instruments) {
        if (instrument.origin === 'saved' && instrument.forbidden === undefined) offered.push({ path, instrument });
      }
    } else if (path === 'new_method') offered.push({ path });
    else if (path !== 'authenticate' && pageProcessor(order, rule, sheets, path) !== undefined) offered.push({ path });
  }
  return offered;
}

/** Nothing runs by itself any more: a later try by schedule, or the buyer's paths one window after the other, then a person. */
export function askBuyer(draft: Draft): void {
  if (planLaterTry(draft)) return;
  const { order, rule } = draft;
  order.askedBuyer = true;
  if (order.review !== null) return;
  order.window ??= openWindow(draft, 'buyer');
  while (order.window !== null && Date.parse(order.window.endsAt) <= draft.nowMs) {
    const next = nextWindow(draft, order.window.path);
    if (next === null) {
      order.window = null;
      askPerson(draft, 'windows_over', null, 'Every path was offered and none was taken');
      draft.decided = 'A person decides';
      return;
    }
    order.window = openWindow(draft, next);
    if (next === 'invoice' && openPage(draft, 'invoice', 'rule')) return;
  }
  const path =
    order.window?.path === 'buyer'
      ? (offeredPaths(order, rule, draft.sheets)[0]?.path ?? 'new_method')
      : order.window?.path;
  draft.decided ??= `The buyer's turn: ${path}, until ${instantText(order.window?.endsAt ?? draft.now)}`;
}

function openWindow(draft: Draft, path: 'buyer' | 'hosted_checkout' | 'invoice'): NonNullable<OrderState['window']> {
  const { windows } = draft.rule;
  const lengthMs = { buyer: windows.buyerMs, hosted_checkout: windows.hostedMs, invoice: windows.invoiceMs }[path];
  const window = { path, since: draft.now, endsAt: after(draft, lengthMs) };
  tell(draft, 'recovery_offered', `${WINDOW_TEXT[path]} until ${instantText(window.endsAt)}`);
  draft.events.push({ type: 'order.recovery_offered', at: draft.now });
  return window;
}

const WINDOW_TEXT = {
  buyer: 'The buyer can choose how to pay',
  hosted_checkout: 'Hosted checkout is the default path',
  invoice: 'The invoice is the default path',
} as const;

function nextWindow(draft: Draft, path: 'buyer' | 'hosted_checkout' | 'invoice'): 'hosted_checkout' | 'invoice' | null {
  const later = (['buyer', 'hosted_checkout', 'invoice'] as const).slice(
    ['buyer', 'hosted_checkout', 'invoice'].indexOf(path) + 1,
  ) as ('hosted_checkout' | 'invoice')[];
  const offered = offeredPaths(draft.order, draft.rule, draft.sheets).map((each) => each.path);
  return later.find((each) => offered.includes(each)) ?? null;
}

/** Later tries on the same instrument: only with a mandate, only for classes that time can heal, at the rule's times or the advice's. */
function planLaterTry(draft: Draft): boolean {
  const { order } = draft;
  if (order.retryAt !== null && order.retryAt.reason !== 'backoff') return waitForLaterTry(draft);
  const last = lastAttempt(order);
  const first = order.attempts[0];
  if (order.hold !== null || last?.kind !== 'card' || first === undefined || last.instrumentId === null) return false;
  const instrument = instrumentById(order, last.instrumentId);
  if (instrument === undefined || refusalOfInstrument(draft, instrument) !== null) return false;
  const heals =
    last.failureClass === 'soft_decline' || last.failureClass === 'transient' || last.retryNotBefore !== null;
  if (!heals) return false;
  if (order.facts.offSession === undefined) {
    refuse(draft, 'a later try by ourselves', 'there is no mandate for it (off-session agreement)');
    return false;
  }
  const made = order.attempts.filter((each) => each.startedBy === 'schedule').length;
  const delayMs = draft.rule.laterTriesMs[made];
  if (delayMs === undefined) {
    refuse(draft, 'a later try', `the rule's ${made} later tries are used up`);
    return false;
  }
  const scheduledMs = Date.parse(first.endedAt ?? first.startedAt) + delayMs;
  const atMs = Math.max(scheduledMs, last.retryNotBefore === null ? 0 : Date.parse(last.retryNotBefore), draft.nowMs);
  const reason = last.retryNotBefore !== null && atMs > scheduledMs ? 'advice' : 'schedule';
  order.retryAt = { at: new Date(atMs).toISOString(), instrumentId: instrument.id, reason, number: made + 1 };
  draft.decided = `Try again at ${instantText(order.retryAt.at)} (later try ${made + 1}, ${reason})`;
  tell(draft, 'retry_scheduled', draft.decided);
  draft.events.push({ type: 'order.retry_scheduled', at: draft.now, retryAt: order.retryAt.at });
  return true;
}

function waitForLaterTry(draft: Draft): boolean {
  const { order } = draft;
  if (order.retryAt === null || order.hold !== null) return false;
  if (Date.parse(order.retryAt.at) > draft.nowMs) return true;
  const instrument = instrumentById(order, order.retryAt.instrumentId);
  order.retryAt = null;
  if (instrument === undefined || refusalOfInstrument(draft, instrument) !== null) return false;
  const sheet = firstUsable(draft, instrument);
  if (sheet === undefined) return false;
  order.round += 1;
  order.answerFrom = draft.now;
  startAttempt(draft, { kind: 'card', sheet, instrument, startedBy: 'schedule', challenge: false, role: 'later try' });
  return true;
}
