import { after, askPerson, type Draft, refuse, sheetOf, tell } from '../draft.ts';
import { instrumentById, lastAttempt } from '../facts.ts';
import type { Instrument } from '../instrument.ts';
import type { OrderState } from '../order.ts';
import type { Rule } from '../rulebook.ts';
import { ruleFor } from '../rules.ts';
import type { Sheet } from '../sheet.ts';
import type { RecoveryPath } from '../terms.ts';
import { instantText } from '../words.ts';
import { firstUsable } from './first-usable.ts';
import { planLaterTry } from './later-try.ts';
import { type NewAttempt, startAttempt } from './send.ts';
import { canUse, forbiddenAs, mayChallenge, refusalOfInstrument } from './usable.ts';

/**
 * What the buyer (or support for the buyer) chose, now that nothing is payable any more.
 * A choice that cannot be carried out changes nothing: no new round begins, and the buyer stays asked.
 */
export function followChoice(draft: Draft): boolean {
  const { order } = draft;
  const { choice } = order;
  if (choice === null) return false;
  order.choice = null;
  const { rule } = draft;
  const start = startOfChoice(draft, choice);
  if (start === null) {
    draft.rule = rule;
    const why = draft.refused.at(-1)?.why ?? 'no processor of the rule offers it';
    tell(draft, 'choice_refused', `The choice ${choice.path} cannot be carried out: ${why}`, { actor: 'system' });
    return false;
  }
  order.round += 1;
  order.answerFrom = draft.now;
  order.askedBuyer = false;
  order.window = null;
  startAttempt(draft, start);
  return true;
}

function startOfChoice(draft: Draft, choice: NonNullable<OrderState['choice']>): NewAttempt | null {
  const { startedBy } = choice;
  if (choice.path === 'hosted_checkout' || choice.path === 'invoice') return pageStart(draft, choice.path, startedBy);
  const instrument = instrumentById(draft.order, choice.instrumentId);
  if (instrument === undefined) return null;
  const refusal = refusalOfInstrument(draft, instrument);
  if (refusal !== null) {
    refuse(draft, 'the chosen payment method', refusal.why, refusal.source);
    return null;
  }
  draft.rule = ruleFor(draft.rulebook, draft.order.facts, instrument);
  const challenge = choice.path === 'authenticate';
  if (challenge && !mayChallenge(draft.order, instrument)) {
    refuse(draft, 'a further challenge', 'at most three challenges', 'EMV 3DS practice, Stripe');
    return null;
  }
  const sheet =
    (challenge ? lastChallenger(draft, instrument) : undefined) ??
    firstUsable(draft, draft.rule.processors, instrument, true);
  if (sheet === undefined) return null;
  const role = startedBy === 'support' ? 'support’s retry' : 'buyer’s choice';
  return { kind: 'card', sheet, instrument, startedBy, challenge, role };
}

/** Authentication goes on where it was asked for, while the credential can be used there. */
function lastChallenger(draft: Draft, instrument: Instrument): Sheet | undefined {
  const asked = draft.order.attempts.filter((each) => each.instrumentId === instrument.id).at(-1);
  const sheet = asked === undefined ? undefined : sheetOf(draft, asked.processor);
  return sheet !== undefined && canUse(draft, sheet, instrument, true) ? sheet : undefined;
}

/** A hosted session or invoice at the first processor of the rule that offers one. */
function pageStart(
  draft: Draft,
  path: 'hosted_checkout' | 'invoice',
  startedBy: 'buyer' | 'support' | 'rule',
): NewAttempt | null {
  const offering = pageProcessors(draft.order, draft.rule, draft.sheets, path);
  // One that is down is asked only if no other offers the page: its breaker then says when.
  const sheet = offering.find((each) => canUse(draft, each, null, true)) ?? offering[0];
  if (sheet === undefined) return null;
  const role = startedBy === 'rule' ? 'the rule’s next path' : 'buyer’s choice';
  return { kind: path, sheet, instrument: null, startedBy, challenge: false, role };
}

function pageProcessors(order: OrderState, rule: Rule, sheets: Sheet[], path: 'hosted_checkout' | 'invoice'): Sheet[] {
  const operation = path === 'invoice' ? 'open_invoice' : 'open_hosted';
  return rule.processors
    .map((processor) => sheetOf({ sheets }, processor))
    .filter((sheet) => sheet !== undefined)
    .filter(
      (sheet) =>
        sheet.operations.includes(operation) &&
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
    if (instrument !== undefined && !forbiddenAs(order, instrument) && mayChallenge(order, instrument)) {
      offered.push({ path: 'authenticate', instrument });
    }
  }
  for (const path of rule.recoveryPaths) {
    if (path === 'saved_method') {
      for (const instrument of order.instruments) {
        if (instrument.origin === 'saved' && !forbiddenAs(order, instrument)) offered.push({ path, instrument });
      }
    } else if (path === 'new_method') offered.push({ path });
    else if (path !== 'authenticate' && pageProcessors(order, rule, sheets, path).length > 0) offered.push({ path });
  }
  return offered;
}

/** Nothing runs by itself any more: a later try by schedule, or the buyer's paths one window after the other, then a person. */
export function askBuyer(draft: Draft): void {
  if (planLaterTry(draft)) return;
  const { order, rule } = draft;
  order.askedBuyer = true;
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
    const invoice = next === 'invoice' ? pageStart(draft, 'invoice', 'rule') : null;
    if (invoice !== null) return startAttempt(draft, invoice);
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
  draft.events.push({ type: 'order.recovery_offered', at: draft.now, cause: `round ${draft.order.round}, ${path}` });
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
