import { fc } from '@fast-check/vitest';
import type { Instrument } from '../../../policy/instrument.ts';
import type { Rule } from '../../../policy/rulebook.ts';
import { World, type WorldOptions } from './driver.ts';
import * as make from './fixtures.ts';
import type { HouseFault } from './house-faults.ts';
import { people } from './people.ts';
import { DECLINES, ODDITIES } from './words.ts';

const collectWord = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Object.keys(DECLINES)) },
  { weight: 4, arbitrary: fc.constantFrom(...ODDITIES) },
);
const actWord = fc.constantFrom('ok', 'ok', 'timeout_done', 'timeout_lost', '503');
const scriptOf = (word: fc.Arbitrary<string>) =>
  fc.record({
    collect: fc.array(word, { minLength: 1, maxLength: 5 }),
    page: fc.oneof(
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.array(collectWord, { minLength: 1, maxLength: 3 }) },
    ),
    fence: fc.array(actWord, { maxLength: 3 }),
    capture: fc.array(fc.oneof(actWord, fc.constant('declined')), { maxLength: 3 }),
    refund: fc.array(fc.oneof(actWord, fc.constant('declined')), { maxLength: 3 }),
    lookup: fc.array(fc.constantFrom('ok', 'ok', 'no_answer', 'other'), { maxLength: 4 }),
  });

const script = scriptOf(collectWord);
const REFUSED_FIRST = ['insufficient_funds', 'insufficient_funds', 'timeout_lost', 'timeout_pending', 'timeout_3ds'];
const TAKEN_AFTER = ['ok', 'ok', 'ok', 'timeout_charged', 'timeout_pending', 'timeout_3ds'];
const CAPTURES = ['ok', 'timeout_done', 'timeout_done', 'timeout_late', 'timeout_lost', '503', 'declined'];
const doubtfulCapture = fc.constantFrom(...CAPTURES);
const reserving = (words: string[]) =>
  fc
    .tuple(scriptOf(fc.constantFrom(...words)), fc.array(doubtfulCapture, { minLength: 1, maxLength: 4 }))
    .map(([each, capture]) => ({ ...each, capture }));

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
const action = {
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
    'errs',
    'stray',
    'comes_late',
  ),
  instrument,
  /** Past the validators: decide has to hold on its own. */
  raw: fc.boolean(),
  /** While the next call is out, and not at once. */
  duringCall: fc.boolean(),
  /** Chooses among what there is then. */
  pick: fc.nat({ max: 999 }),
};
const anyAction = fc.record(action);
export type Action = typeof anyAction extends fc.Arbitrary<infer T> ? T : never;

const parts = {
  scripts: fc.record({ alpha: script, beta: script, gamma: script }),
  house,
  rule,
  sheets: fc.record({ alpha: sheet, beta: sheet, gamma: fc.constant({}) }),
  facts,
  singleUse: fc.boolean(),
  actions: fc.array(anyAction, { maxLength: 8 }),
  down: fc.array(
    fc.record({
      processor: fc.constantFrom('alpha', 'alpha', 'beta', 'gamma'),
      fromMs: fc.oneof(fc.constant(0), fc.nat({ max: 10_000 }), fc.nat({ max: make.DAY_MS })),
      forMs: fc.oneof(fc.nat({ max: 20_000 }), fc.nat({ max: 10 * make.MINUTE_MS })),
    }),
    { maxLength: 3 },
  ),
  webhooks: fc.record({ lose: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }), twice: fc.boolean() }),
};

const RESERVING = [
  ...(['capture', 'capture', 'capture', 'comes_late', 'comes_late', 'comes_late', 'resolve', 'errs', 'errs'] as const),
  ...([
    'stray',
    'new_method',
    'hosted_checkout',
    'hosted_checkout',
    'pays',
    'authenticate',
    'retry',
    'cancel',
  ] as const),
];
const soon = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 120_000 }) },
  { weight: 1, arbitrary: fc.constant(make.HOUR_MS) },
);

/**
 * Lives in which money is reserved, and more than once: what was refused or never heard of comes late, beside a capture or a
 * page, and people speak while calls are out.
 */
const reservingLife = fc.record({
  ...parts,
  scripts: fc.record({
    alpha: reserving(REFUSED_FIRST),
    beta: reserving(TAKEN_AFTER),
    gamma: reserving(TAKEN_AFTER),
  }),
  house: fc.oneof({ weight: 3, arbitrary: fc.constant<HouseFault[]>([]) }, { weight: 1, arbitrary: house }),
  rule: rule.map((each) => ({ ...each, automaticAttempts: 6 })),
  facts: facts.map((each) => ({ ...each, capture: 'manual' as const, features: [], expiresAfterMs: null })),
  down: fc.constant<{ processor: string; fromMs: number; forMs: number }[]>([]),
  actions: fc.array(fc.record({ ...action, delayMs: soon, what: fc.constantFrom(...RESERVING) }), {
    minLength: 3,
    maxLength: 10,
  }),
});

const LOOKED_UP = [
  'resolve',
  'resolve',
  'resolve',
  'refund',
  'refund',
  'stray',
  'new_method',
  'cancel',
  'errs',
] as const;

/** Lives of charges without an answer or a notice, at a processor without lookups: only people know of them, and some goes back by hand. */
const namelessLife = fc.record({
  ...parts,
  scripts: fc.record({
    ...{ alpha: script, beta: script },
    gamma: scriptOf(fc.constantFrom('timeout_charged', 'timeout_charged', 'short', 'timeout_lost')),
  }),
  house: fc.constant<HouseFault[]>([]),
  rule: rule.map((each) => ({ ...each, processors: ['gamma'] })),
  facts: facts.map((each) => ({ ...each, features: [], expiresAfterMs: null })),
  down: fc.constant<{ processor: string; fromMs: number; forMs: number }[]>([]),
  webhooks: fc.record({ lose: fc.constantFrom<number[]>([0], [0, 1]), twice: fc.boolean() }),
  actions: fc.array(fc.record({ ...action, delayMs: soon, what: fc.constantFrom(...LOOKED_UP) }), {
    minLength: 3,
    maxLength: 8,
  }),
});

export const life = fc.oneof(
  { weight: 3, arbitrary: fc.record(parts) },
  { weight: 3, arbitrary: reservingLife },
  { weight: 1, arbitrary: namelessLife },
);
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

/** One order's life from `opened` until forty days after the last thing that somebody does. */
export function live(given: Life, watch: NonNullable<WorldOptions['watch']>): World {
  const world = worldOf(given, watch);
  const act = people(world);
  let atMs = 0;
  for (const each of given.actions) {
    atMs += each.delayMs;
    world.at(atMs, () => {
      if (each.duringCall) world.duringCall(() => act(each));
      else act(each);
    });
  }
  return world.open().pass(atMs + 40 * make.DAY_MS, 400);
}
