import type { OrderEvent } from '../../../policy/events.ts';
import type { Instrument } from '../../../policy/instrument.ts';
import type { OrderFacts, OrderState } from '../../../policy/order.ts';
import { questionId } from '../../../policy/questions.ts';
import type { Rule, Rulebook } from '../../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import type { RecoveryPath } from '../../../policy/terms.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';
import { World, type WorldOptions } from './driver.ts';
import { AMOUNT_MINOR } from './payments.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const OPENED_AT = '2026-11-22T10:00:00.000Z';

export function card(id: string, more: Partial<Instrument> = {}): Instrument {
  return {
    id,
    identity: `card-${id}`,
    origin: 'order',
    credentials: [{ processor: '*', sealed: `sealed-${id}` }],
    ...more,
  };
}

export interface OrderOptions {
  facts?: Partial<OrderFacts>;
  instruments?: Instrument[];
}

export function newOrder({ facts = {}, instruments = [card('ins_1')] }: OrderOptions = {}): OrderState {
  const openedMs = Date.parse(OPENED_AT);
  const offSession = facts.offSession !== undefined;
  return {
    facts: {
      merchantId: 'default',
      orderId: 'o-1',
      amount: { minor: AMOUNT_MINOR, currency: 'EUR' },
      capture: 'automatic',
      buyer: { present: !offSession },
      features: [],
      metadata: {},
      rulebook: { id: 'default', version: 1, hash: 'h' },
      requestHash: 'r',
      notAfter: new Date(openedMs + (offSession ? 365 * DAY_MS : 20 * SECOND_MS)).toISOString(),
      ...facts,
    },
    openedAt: OPENED_AT,
    instruments,
    attempts: [],
    round: 0,
    answerFrom: OPENED_AT,
    askedBuyer: false,
    choice: null,
    ending: null,
    hold: null,
    review: null,
    retryAt: null,
    window: null,
    captureRequested: null,
    closed: null,
    seq: 0,
    appliedIds: [],
  };
}

export const MANDATE: Partial<OrderFacts> = { offSession: { agreement: 'recurring', mandateRef: 'm-1' } };

/** The default rulebook with its fallback rule changed. */
export function ruledBy(change: Partial<Rule>): Rulebook {
  const rules = DEFAULT_RULEBOOK.rules.map((rule) => (rule.when.length === 0 ? { ...rule, ...change } : rule));
  return { ...DEFAULT_RULEBOOK, rules };
}

/** The simulator's sheets with some changed. */
export function sheetsWith(changes: Record<string, Partial<Sheet>>): Sheet[] {
  return Object.values(SIMULATOR_SHEETS).map((sheet) => ({ ...sheet, ...changes[sheet.processor] }));
}

/** A world with collecting words by processor: `scene({ alpha: ['insufficient_funds'] })`. */
export function scene(
  words: Record<string, string[]> = {},
  { facts, instruments, ...more }: Omit<WorldOptions, 'order'> & OrderOptions = {},
): World {
  const scripts = Object.fromEntries(Object.entries(words).map(([processor, collect]) => [processor, { collect }]));
  const order = newOrder({ ...(facts && { facts }), ...(instruments && { instruments }) });
  return new World({ order, scripts, ...more });
}

/** Gamma alone: no key, no lookup, no fence. */
export const ON_GAMMA: Partial<OrderFacts> = { metadata: { route: 'gamma' } };

let ids = 0;
function nextId(what: string): string {
  ids += 1;
  return `${what}-${ids}`;
}

const told = { actor: 'support', reason: 'a reason' } as const;

export const cancel = (): OrderEvent => ({ type: 'cancel_requested', id: nextId('cancel'), ...told });
export const close = (): OrderEvent => ({ type: 'close_requested', id: nextId('close'), ...told });
export const hold = (): OrderEvent => ({ type: 'retries_held', id: nextId('hold'), ...told });
export const release = (): OrderEvent => ({ type: 'retries_released', id: nextId('release'), ...told });
export const retryNow = (): OrderEvent => ({ type: 'retry_requested', id: nextId('retry'), ...told });
export const capture = (): OrderEvent => ({ type: 'capture_requested', id: nextId('capture'), ...told });
export const returned = (): OrderEvent => ({ type: 'buyer_returned', id: nextId('returned') });
export const reopened: OrderEvent = { type: 'opened', reopened: true, by: told };

export function choose(path: RecoveryPath, instrument?: Instrument | string): OrderEvent {
  const chosen =
    instrument === undefined ? {} : typeof instrument === 'string' ? { instrumentId: instrument } : { instrument };
  return { type: 'recovery_chosen', id: nextId('choice'), actor: 'buyer', path, ...chosen };
}

type UnknownResolved = Extract<OrderEvent, { type: 'unknown_resolved' }>;

export function resolve(
  attempt: number | null,
  outcome: 'succeeded' | 'absent' | 'accepted',
  question?: string,
  payment: Pick<UnknownResolved, 'reference' | 'amount'> = {},
): UnknownResolved {
  return {
    type: 'unknown_resolved',
    id: nextId('resolve'),
    ...(attempt === null ? {} : { attempt }),
    outcome,
    ...(question === undefined ? {} : { question }),
    ...payment,
    evidence: 'seen in the dashboard',
    ...told,
  };
}

/** What a person is asked now, by its id; `none` where nobody is. */
export function asked({ review }: OrderState): string {
  return review === null ? 'none' : questionId(review);
}

/** The current question is put aside, by name. */
export const accept = (order: OrderState) => resolve(null, 'accepted', asked(order));

/** What was sent to collect or act, as `alpha charge`, `beta charge`, `alpha void`; lookups left out. */
export function sends(world: World): string[] {
  return world.sent
    .filter(({ operation }) => operation !== 'lookup')
    .map((each) => `${each.processor} ${each.operation}`);
}

/** Types of the events for the merchant, without `order.`. */
export function toldMerchant(world: World): string[] {
  return world.events.map(({ type }) => type.slice('order.'.length));
}
