import { describe, expect, test } from 'vitest';
import { decide } from '../../../policy/decide.ts';
import type { OrderEvent } from '../../../policy/events.ts';
import type { Instrument } from '../../../policy/instrument.ts';
import { openReviews } from '../../../policy/reviews.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const CLOSED = { outcome: 'succeeded', found: 'closed' } as const;

const sent = ({ command }: Steps) => (command === null ? null : `${command.operation}#${command.attempt}`);
const newCard = (id = 'ins_2', more = {}) => make.choose('new_method', make.card(id, { origin: 'buyer', ...more }));
const declined = () => new Steps().answer(HARD);
const page = (path: 'hosted_checkout' | 'invoice' = 'hosted_checkout') =>
  declined().tell(make.choose(path)).answer({ outcome: 'requires_action' });

const bySupport = (path: 'hosted_checkout' | 'invoice'): OrderEvent => ({
  ...{ type: 'recovery_chosen', id: 'choice by support', actor: 'support', path },
});

test('every message stands on the timeline by whoever sent it', () => {
  const reserved = () =>
    new Steps({ facts: { capture: 'manual' } }).answer({ outcome: 'succeeded', authorizedOnly: true });
  const stray = { key: 'theirs', reference: 'pay_9' } as const;
  const strayed = () => declined().notice('payment_succeeded', stray);
  const goingBack = () => declined().tell(make.cancel()).notice('payment_succeeded');
  const told: [Steps, OrderEvent, string, string][] = [
    [declined(), bySupport('invoice'), 'buyer_choice', 'support'],
    [declined(), make.choose('invoice'), 'buyer_choice', 'buyer'],
    [page('invoice'), bySupport('invoice'), 'buyer_choice', 'support'],
    [strayed(), bySupport('invoice'), 'choice_refused', 'support'],
    [declined(), make.cancel(), 'cancel_requested', 'support'],
    [declined(), make.close(), 'close_requested', 'support'],
    [goingBack(), make.cancel(), 'command_refused', 'support'],
    [declined(), make.hold(), 'retries_held', 'support'],
    [declined().tell(make.hold()), make.release(), 'retries_released', 'support'],
    [declined().tell(make.close()), make.reopened, 'order_reopened', 'support'],
    [declined(), make.retryNow(), 'retry_requested', 'support'],
    [new Steps().answer(TIMEOUT), make.retryNow(), 'retry_refused', 'support'],
    [strayed(), make.retryNow(), 'retry_refused', 'support'],
    [reserved(), make.capture(), 'capture_requested', 'support'],
    [declined(), make.capture(), 'capture_refused', 'support'],
    [reserved().notice('payment_succeeded', stray), make.capture(), 'capture_refused', 'support'],
    [page(), make.returned(), 'buyer_returned', 'buyer'],
  ];
  for (const [order, event, kind, actor] of told) {
    expect(order.tell(event).entries.find((entry) => entry.kind === kind)).toMatchObject({ actor });
  }
  const { hold } = declined().tell(make.hold()).order;
  expect(hold).toMatchObject({ actor: 'support', reason: 'a reason' });
});

test('features that neither a sheet nor a rule names are told of when the order is opened: they may be mistyped', () => {
  const sheets = make.sheetsWith({ beta: { unsupportedFeatures: ['on_behalf_of'] } });
  const told = (...features: string[]) => new Steps({ sheets, facts: { features } }).said('feature_unknown');
  expect([told(), told('on_behalf_of')]).toEqual([undefined, undefined]);
  expect(told('on_behalf_of', 'on_behalf_off', 'x')).toBe(
    'Features that no processor’s sheet and no rule names: on_behalf_off, x. Every processor takes them, or they are mistyped: they decide nothing here',
  );
  const condition = { fact: 'feature', op: 'has', value: 'x' } as const;
  const [first, ...others] = DEFAULT_RULEBOOK.rules;
  if (first === undefined) return expect.fail('the default rulebook has rules');
  const rulebook = { ...DEFAULT_RULEBOOK, rules: [{ ...first, when: [condition] }, ...others] };
  const { entries } = decide({
    ...{ rulebook, sheets, ceilings: [], health: [], now: new Steps().now },
    ...{ order: make.newOrder({ facts: { features: ['x', 'y'] } }), event: { type: 'opened', reopened: false } },
  });
  expect(entries.find(({ kind }) => kind === 'feature_unknown')?.text).toMatch(/names: y\. /);
});

test('of a payment method that the buyer enters, credentials of processors that are not here are told of, and no others', () => {
  const credentials = ['alpha', 'bta'].map((processor) => ({ processor, sealed: `sealed-${processor}` }));
  const method = (id: string) => make.card(id, { credentials });
  const order = new Steps({ instruments: [method('ins_1')] });
  const text = 'Credentials of processors that are not here: bta. Nothing is sent to them';
  expect(order.said('processor_unknown')).toBe(text);
  order.answer({ outcome: 'declined', failureClass: 'hard_decline' });
  const toldBy = (instrument: Instrument) =>
    order.tell(make.choose('new_method', instrument)).entries.filter(({ kind }) => kind === 'processor_unknown').length;
  expect([toldBy(make.card('ins_2')), toldBy(method('ins_3'))]).toEqual([0, 1]);
});

test('an order remembers the last two hundred messages, and no more', () => {
  const order = declined();
  for (let n = 0; n < 205; n += 1) order.notice('unknown_type', { eventId: `n${n}` });
  expect([order.order.appliedIds.length, order.order.appliedIds.at(-1)]).toEqual([200, 'alpha:n204']);
});

describe('an order that is opened again', () => {
  test('says why, or that much where whoever started the run did not say', () => {
    const told = (event: OrderEvent) => declined().tell(make.close()).tell(event).said('order_reopened');
    const goesOn = 'Collecting goes on, with its attempt numbers, budgets and forbidden methods';
    expect(told(make.reopened)).toBe(`${goesOn}: a reason`);
    expect(told({ type: 'opened', reopened: true })).toBe(goesOn);
  });

  test('charges nobody by itself: the buyer is asked', () => {
    const order = new Steps().answer(BUSY).tell(make.close());
    expect(order.stage).toBe('failed');
    order.tell({ type: 'opened', reopened: true }, make.HOUR_MS);
    expect([sent(order), order.stage]).toEqual([null, 'waiting_buyer']);
    expect(order.order.attempts.map((each) => 'givenBack' in each)).toEqual([false]);
  });
});

describe('a choice', () => {
  test('comes too late once the order is being ended', () => {
    const order = new Steps().answer({ outcome: 'requires_action' }).tell(make.cancel()).tell(newCard());
    expect([order.said('choice_refused') === undefined, order.order.choice]).toEqual([false, null]);
    expect(order.answer(CLOSED).stage).toBe('cancelled');
  });

  test('by support for the buyer is an attempt of support’s', () => {
    const order = declined().tell(bySupport('hosted_checkout'));
    expect(order.attempt(2).startedBy).toBe('support');
    expect(declined().tell(make.choose('hosted_checkout')).attempt(2).startedBy).toBe('buyer');
  });

  test('answers no question about an outcome that is not known', () => {
    const order = new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null, lookup: null } }) });
    order.answer(TIMEOUT).wait(make.HOUR_MS);
    expect(order.order.review?.code).toBe('unknown_too_long');
    order.tell(newCard());
    expect([order.order.review?.code, sent(order)]).toEqual(['unknown_too_long', 'void#1']);
  });
});

describe('the same choice once more', () => {
  test.each(['hosted_checkout', 'invoice'] as const)('%s: the page that is open is the one', (path) => {
    const order = page(path).tell(make.choose(path));
    expect([order.order.choice, order.attempt(2).leave, sent(order)]).toEqual([null, null, null]);
  });

  test('of another page closes the first', () => {
    expect(sent(page('hosted_checkout').tell(make.choose('invoice')))).toBe('close_hosted#2');
    expect(sent(page('invoice').tell(make.choose('hosted_checkout')))).toBe('close_invoice#2');
  });

  test('of a page whose opening was not answered, or that is being closed, is another page', () => {
    const unanswered = declined().tell(make.choose('hosted_checkout')).answer(TIMEOUT);
    unanswered.tell(make.choose('hosted_checkout'));
    expect([unanswered.order.choice?.path, sent(unanswered)]).toEqual(['hosted_checkout', 'close_hosted#2']);
    const closing = page().tell(newCard()).answer(TIMEOUT).tell(make.choose('hosted_checkout'));
    expect(closing.order.choice).toMatchObject({ path: 'hosted_checkout' });
  });

  test('of a card that is in doubt is a choice: the attempt is closed first', () => {
    const order = new Steps().answer(TIMEOUT).tell(make.choose('saved_method', 'ins_1'), make.MINUTE_MS);
    expect([order.order.choice?.instrumentId, sent(order)]).toEqual(['ins_1', 'void#1']);
  });

  test('of another card, while one is with the processor, is a choice', () => {
    const order = new Steps().tell(newCard());
    expect([order.order.choice?.instrumentId, order.attempt(1).leave?.reason]).toEqual(['ins_2', 'switch']);
  });
});

describe('a payment method that is entered again', () => {
  test('gets the fresh credentials, and no other one does', () => {
    const order = new Steps({ instruments: [make.card('ins_1'), make.card('saved', { origin: 'saved' })] }).answer(
      SOFT,
    );
    order.answer(SOFT).tell(newCard('ins_1', { credentials: [{ processor: '*', sealed: 'fresh' }] }));
    const sealed = order.order.instruments.map(({ id, credentials }) => [id, credentials[0]?.sealed]);
    expect(sealed).toEqual([
      ['ins_1', 'fresh'],
      ['saved', 'sealed-saved'],
    ]);
  });

  test('under another id is as forbidden as it was', () => {
    const order = new Steps()
      .answer({ ...HARD, forbidsInstrument: true })
      .tell(newCard('ins_9', { identity: 'card-ins_1' }));
    expect(order.order.instruments.find(({ id }) => id === 'ins_9')?.forbidden).toMatchObject({ attempt: 1 });
    expect(order.said('choice_refused')).toContain('forbidden');
    const fresh = new Steps().answer({ ...HARD, forbidsInstrument: true }).tell(newCard());
    expect('forbidden' in (fresh.order.instruments[1] ?? {})).toBe(false);
  });
});

describe('a buyer who comes back', () => {
  const returned = (order: Steps) => order.tell(make.returned());

  test('from a page is looked up at once, where the processor can be asked', () => {
    expect(sent(returned(page()))).toBe('lookup#2');
    const deaf = new Steps({ sheets: make.sheetsWith({ alpha: { lookup: null } }) }).answer({
      outcome: 'requires_action',
    });
    expect([sent(returned(deaf)), deaf.said('buyer_returned') === undefined]).toEqual([null, false]);
  });

  test('from nowhere changes nothing', () => {
    for (const order of [new Steps().answer(TIMEOUT), new Steps().answer({ outcome: 'pending' }), declined()]) {
      const was = order.order.attempts;
      expect([returned(order).order.attempts, order.said('buyer_returned'), sent(order)]).toEqual([
        was,
        undefined,
        null,
      ]);
    }
  });
});

describe('an end, where less than the amount was taken', () => {
  const less = () => new Steps().answer(SOFT).answer({ outcome: 'succeeded', amountMinor: 4_000 });

  test('gives that back, whichever attempt has it', () => {
    const order = less().tell(make.cancel());
    expect([order.stage, order.order.ending?.endedAt]).toEqual(['cancelling', order.now]);
    expect(sent(order)).toBe('lookup#2');
    order.answer({ outcome: 'succeeded', found: 'payment', amountMinor: 4_000 });
    expect(sent(order)).toBe('refund#2');
  });

  test('answers whether that is enough, and no other question', () => {
    const order = less().notice('payment_succeeded', { key: 'theirs', reference: 'pay_9', amountMinor: AMOUNT });
    const codes = () => openReviews(order.order).map(({ code }) => code);
    expect(codes()).toEqual(['amount_mismatch', 'event_unmatched']);
    order.tell(make.cancel());
    expect(codes()).toEqual(['event_unmatched']);
  });
});
