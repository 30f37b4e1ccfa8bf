import { fc } from '@fast-check/vitest';
import type { OrderEvent } from '../../../policy/events.ts';
import { openGiveBack } from '../../../policy/facts.ts';
import type { Instrument } from '../../../policy/order.ts';
import type { Rule } from '../../../policy/rulebook.ts';
import type { RecoveryPath } from '../../../policy/terms.ts';
import { World, type WorldOptions } from './driver.ts';
import * as make from './fixtures.ts';
import type { HouseFault } from './house-faults.ts';
import { DECLINES, ODDITIES } from './words.ts';

const collectWord = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Object.keys(DECLINES)) },
  { weight: 4, arbitrary: fc.constantFrom(...ODDITIES) },
);
const actWord = fc.constantFrom('ok', 'ok', 'timeout_done', 'timeout_lost', '503');
const script = fc.record({
  collect: fc.array(collectWord, { minLength: 1, maxLength: 5 }),
  page: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: fc.array(collectWord, { minLength: 1, maxLength: 3 }) },
  ),
  fence: fc.array(actWord, { maxLength: 3 }),
  capture: fc.array(fc.oneof(actWord, fc.constant('declined')), { maxLength: 3 }),
  refund: fc.array(fc.oneof(actWord, fc.constant('declined')), { maxLength: 3 }),
  lookup: fc.array(fc.constantFrom('ok', 'ok', 'no_answer'), { maxLength: 4 }),
});

const house = fc.array(
  fc.constantFrom<HouseFault>(
    'none',
    'none',
    'none',
    'store_down',
    'late',
    'worker_lost',
    'claim_expired',
    'claim_conflict',
    'key_missing',
    'credential_changed',
    'ceiling',
    'forbidden',
  ),
  { maxLength: 5 },
);

const rule: fc.Arbitrary<Partial<Rule>> = fc.record({
  extraTry: fc.constantFrom<Record<string, number>>({}, { alpha: 1 }, { alpha: 1, beta: 2 }),
  onProcessorDown: fc.constantFrom('next_processor' as const, 'wait' as const),
  onBlocked: fc.constantFrom('retry' as const, 'stop' as const, 'retry_with_3ds' as const),
  onLateSuccess: fc.constantFrom('accept' as const, 'give_back' as const),
  automaticAttempts: fc.integer({ min: 1, max: 6 }),
  processors: fc.constantFrom<string[]>(
    ['alpha', 'beta'],
    ['alpha'],
    ['beta', 'alpha', 'gamma'],
    ['gamma', 'alpha'],
    ['gamma'],
  ),
});

const sheet = fc.record(
  {
    nativeRetries: fc.boolean(),
    fence: fc.constant({ payment: false, hosted: false, invoice: false }),
    lookup: fc.constant(null),
    idempotency: fc.constantFrom(null, { windowMs: make.DAY_MS, cachesErrors: false, maxKeyLength: 64 }),
    hostedMaxMs: fc.constantFrom(make.HOUR_MS, make.DAY_MS),
    unsupportedFeatures: fc.constant(['on_behalf_of']),
  },
  { requiredKeys: [] },
);

const facts = fc.record({
  capture: fc.constantFrom('automatic' as const, 'automatic' as const, 'manual' as const),
  features: fc.constantFrom<string[]>([], [], ['on_behalf_of']),
  mandate: fc.boolean(),
  present: fc.boolean(),
  expiresAfterMs: fc.option(fc.constantFrom(5_000, make.HOUR_MS, 3 * make.DAY_MS)),
});

const instrument: fc.Arbitrary<Instrument> = fc
  .record({
    id: fc.constantFrom('ins_1', 'ins_2', 'ins_3'),
    same: fc.constantFrom('no', 'identity', 'alias'),
    singleUse: fc.boolean(),
  })
  .map(({ id, same, singleUse }) =>
    make.card(id, {
      origin: 'buyer',
      // The same card may come under another id, and under another name.
      ...(same === 'identity' ? { identity: 'card-ins_1' } : {}),
      ...(same === 'alias' ? { aliases: ['card-ins_1'] } : {}),
      credentials: [{ processor: '*', sealed: `sealed-${id}`, ...(singleUse ? { singleUse } : {}) }],
    }),
  );

/** What people do, and when. Delays are short and long, so that things meet calls that are out. */
const action = fc.record({
  delayMs: fc.oneof(
    fc.integer({ min: 0, max: 4_000 }),
    fc.integer({ min: 0, max: 120_000 }),
    fc.constantFrom(make.HOUR_MS, make.DAY_MS, 3 * make.DAY_MS),
  ),
  what: fc.constantFrom(
    'new_method',
    'new_method',
    'saved_method',
    'hosted_checkout',
    'hosted_checkout',
    'invoice',
    'authenticate',
    'cancel',
    'close',
    'hold',
    'release',
    'retry',
    'capture',
    'capture',
    'resolve',
    'resolve',
    'pays',
    'pays',
    'fails',
    'returned',
    'refund',
    'accept',
    'retry',
    'reopen',
    'again',
    'mismatch',
  ),
  instrument,
  /** Past the validators: decide has to hold on its own. */
  raw: fc.boolean(),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

export const life = fc.record({
  scripts: fc.record({ alpha: script, beta: script, gamma: script }),
  house,
  rule,
  sheets: fc.record({ alpha: sheet, beta: sheet, gamma: fc.constant({}) }),
  facts,
  singleUse: fc.boolean(),
  actions: fc.array(action, { maxLength: 8 }),
  down: fc.array(
    fc.record({
      processor: fc.constantFrom('alpha', 'alpha', 'beta', 'gamma'),
      fromMs: fc.oneof(fc.constant(0), fc.nat({ max: 10_000 }), fc.nat({ max: make.DAY_MS })),
      forMs: fc.oneof(fc.nat({ max: 20_000 }), fc.nat({ max: 10 * make.MINUTE_MS })),
    }),
    { maxLength: 3 },
  ),
  webhooks: fc.record({ lose: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }), twice: fc.boolean() }),
});
export type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

function worldOf(given: Life, watch: NonNullable<WorldOptions['watch']>): World {
  const { mandate, present, expiresAfterMs, ...more } = given.facts;
  const credentials = [{ processor: '*', sealed: 'sealed-ins_1', ...(given.singleUse ? { singleUse: true } : {}) }];
  const instruments = [make.card('ins_1', { credentials }), make.card('ins_saved', { origin: 'saved' })];
  const order = make.newOrder({ facts: { ...(mandate ? make.MANDATE : {}), ...more }, instruments });
  order.facts.buyer.present = mandate ? present && order.facts.buyer.present : true;
  if (expiresAfterMs !== null) {
    order.facts.expiresAt = new Date(Date.parse(order.openedAt) + expiresAfterMs).toISOString();
  }
  return new World({
    order,
    scripts: given.scripts,
    rulebook: make.ruledBy(given.rule),
    sheets: make.sheetsWith(given.sheets as Record<string, object>),
    house: given.house,
    down: given.down.map(({ processor, fromMs, forMs }) => ({ processor, fromMs, untilMs: fromMs + forMs })),
    webhooks: given.webhooks,
    watch,
  });
}

let lastCommand: OrderEvent | null = null;

function act(world: World, { what, instrument: chosen, raw }: Action): void {
  const say = (event: OrderEvent) => {
    lastCommand = event;
    world.message(event, raw);
  };
  switch (what) {
    case 'pays':
    case 'fails':
      for (const processor of world.processors.values()) processor.buyerActs(what, world.nowMs);
      return;
    case 'refund':
      for (const processor of world.processors.values()) processor.refund(world.nowMs);
      return;
    case 'resolve':
      return resolveHonestly(world);
    case 'accept':
      return say(make.accept(world.order));
    case 'reopen':
      if (world.stage === 'failed' || world.stage === 'expired') world.message(make.reopened);
      return;
    case 'again':
      if (lastCommand !== null) world.message(lastCommand, raw);
      return;
    case 'mismatch':
      return sayMismatch(world);
    case 'new_method':
      return say(make.choose('new_method', chosen));
    case 'saved_method':
      return say(make.choose('saved_method', 'ins_saved'));
    case 'hosted_checkout':
    case 'invoice':
    case 'authenticate':
      return say(make.choose(what satisfies RecoveryPath));
    default:
      return say(
        {
          cancel: make.cancel,
          close: make.close,
          hold: make.hold,
          release: make.release,
          retry: make.retryNow,
          capture: make.capture,
          returned: make.returned,
        }[what](),
      );
  }
}

/** A person who looks at the processor's own books, and only says what they show for good. */
function resolveHonestly(world: World): void {
  const refund = openGiveBack(world.order);
  if (refund !== undefined) {
    const { attempt, operation } = refund;
    const { refunds } = world.processors.get(attempt.processor) ?? { refunds: [] };
    const done = refunds.some(({ key, status }) => key === operation.key && status === 'done');
    if (operation.endedAt !== null) world.message(make.resolve(attempt.number, done ? 'succeeded' : 'absent'));
    return;
  }
  const attempt = world.order.attempts.find(({ outcome }) => outcome === 'unknown' || outcome === 'pending');
  const processor = world.processors.get(attempt?.processor ?? '');
  if (attempt === undefined || processor === undefined) return;
  const payments = processor.payments.filter((each) => each.attempt === attempt.number);
  if (payments.some((each) => each.status !== 'captured' && processor.isPayable(each))) return;
  const captured = payments.some((each) => each.capturedMinor > each.refundedMinor);
  world.message(make.resolve(attempt.number, captured ? 'succeeded' : 'absent'));
}

function sayMismatch(world: World): void {
  const attempt = world.order.attempts.at(-1);
  if (attempt === undefined) return;
  const { merchantId, orderId } = world.order.facts;
  const { processor, number } = attempt;
  world.message({
    type: 'processor_event',
    event: {
      eventId: `evil-${number}`,
      processor,
      type: 'payment_succeeded',
      merchantId,
      orderId,
      attempt: number,
      amountMinor: 1,
      occurredAt: world.now,
    },
  });
}

/** One order's life from `opened` until forty days after the last thing that somebody does. */
export function live(given: Life, watch: NonNullable<WorldOptions['watch']>): World {
  lastCommand = null;
  const world = worldOf(given, watch);
  let atMs = 0;
  for (const each of given.actions) {
    atMs += each.delayMs;
    world.at(atMs, () => act(world, each));
  }
  return world.open().pass(atMs + 40 * make.DAY_MS, 400);
}
