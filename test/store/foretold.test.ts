import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../policy/answers.ts';
import { UnknownOperation } from '../../store/errors.ts';
import type { ClaimInput, Progress } from '../../store/store.ts';
import {
  claim,
  entry,
  merchantEvent,
  NOW,
  newOrder,
  processorEvent,
  progress,
  record,
  result,
  state,
  storedOutcome,
  useStore,
  versionOf,
} from './world.ts';

/** The task that made the claim, the activity's own write after it, and the run's next task. */
const CLAIMED_AT = 5;
const FORETOLD_AT = CLAIMED_AT + 1;
const NEXT_TASK = 11;

/** A decision that the activity writes together with the answer, so that the workflow has nothing left to write. */
describe('an answer that is recorded with the decision on it', () => {
  const opened = useStore();

  const claimed = async (order = newOrder()): Promise<ClaimInput> => {
    const accepted = progress(order, { position: CLAIMED_AT, state: state(order, 2, 1), entries: [entry(2, 'sent')] });
    const input = claim(order, { progress: accepted });
    expect(await opened.store.claimOperation(input)).toMatchObject({ kind: 'granted' });
    return input;
  };
  const paid = ({ orderId }: ClaimInput, over: Partial<Progress> = {}): Progress =>
    progress(orderId, {
      position: FORETOLD_AT,
      version: 'version-2/answered',
      basedOn: versionOf(2),
      state: state(orderId, 5, 1),
      stage: 'paid',
      entries: [entry(3, 'succeeded'), entry(4, 'paid')],
      events: [merchantEvent(5, { cause: 'attempt 1' })],
      ...over,
    });
  const unknown = ({ orderId }: ClaimInput, over: Partial<Progress> = {}): Progress =>
    progress(orderId, {
      position: NEXT_TASK,
      state: state(orderId, 4, 1),
      stage: 'confirming',
      entries: [entry(3, 'no answer')],
      events: [merchantEvent(4, { type: 'order.outcome_unknown', cause: 'attempt 1' })],
      ...over,
    });
  const answer = (input: ClaimInput, foretold = paid(input)) =>
    opened.store.recordAnswer({
      key: input.key,
      result: result(input, 'succeeded'),
      progress: foretold,
    });
  const recall = (input: ClaimInput, runId = 'run-a'): Promise<OperationResult | null> => {
    const { merchantId, orderId, key } = input;
    return opened.store.recallAnswer({ merchantId, orderId, key, runId, position: NEXT_TASK });
  };
  const texts = async ({ orderId }: ClaimInput) =>
    (await opened.store.listTimeline('default', orderId)).map(({ seq, text }) => `${seq} ${text}`);
  const stage = async ({ orderId }: ClaimInput) => (await opened.store.findOrder('default', orderId))?.stage;
  const told = async ({ orderId }: ClaimInput) =>
    (await opened.store.listOutbox('default', orderId)).map(({ type }) => type);

  test('is all there at once: outcome, state, timeline, event for the merchant', async () => {
    const input = await claimed();
    expect(await answer(input)).toEqual({ foretold: true });
    expect(await storedOutcome(opened.store, input)).toBe('succeeded');
    expect(await stage(input)).toBe('paid');
    expect(await texts(input)).toEqual(['2 sent', '3 succeeded', '4 paid']);
    expect(await told(input)).toEqual(['order.payment_succeeded']);
  });

  test('twice is once', async () => {
    const input = await claimed();
    await answer(input);
    expect(await answer(input)).toEqual({ foretold: false });
    expect(await texts(input)).toEqual(['2 sent', '3 succeeded', '4 paid']);
    expect(await told(input)).toHaveLength(1);
  });

  test('gives way to what the run itself decides, knowing more', async () => {
    const input = await claimed();
    await answer(input);
    const own = paid(input, {
      position: NEXT_TASK,
      basedOn: null,
      entries: [entry(3, 'cancel requested'), entry(4, 'succeeded'), entry(6, 'paid')],
      state: state(input.orderId, 7, 1),
      events: [merchantEvent(7, { cause: 'attempt 1' })],
    });
    expect(await opened.store.saveProgress(own)).toBe('saved');
    expect(await texts(input)).toEqual(['2 sent', '3 cancel requested', '4 succeeded', '6 paid']);
    expect(await opened.store.findOrder('default', input.orderId)).toMatchObject({ state: { seq: 7 } });
    expect(await told(input)).toHaveLength(1);
  });

  test('after the run went on without it: the outcome is recorded, the decision is not written', async () => {
    const input = await claimed();
    await opened.store.saveProgress(unknown(input));
    expect(await answer(input)).toEqual({ foretold: false });
    expect(await storedOutcome(opened.store, input)).toBe('succeeded');
    expect(await stage(input)).toBe('confirming');
    expect(await texts(input)).toEqual(['2 sent', '3 no answer']);
    expect(await told(input)).toEqual(['order.outcome_unknown']);
  });

  test('after a reset made another run: the outcome is recorded, the decision is not written', async () => {
    const input = await claimed();
    await opened.store.saveProgress(
      unknown(input, { runId: 'run-b', basedOn: versionOf(2), position: 3, state: state(input.orderId, 9, 1) }),
    );
    expect(await answer(input)).toEqual({ foretold: false });
    expect(await storedOutcome(opened.store, input)).toBe('succeeded');
    expect(await stage(input)).toBe('confirming');
    expect(await told(input)).toEqual(['order.outcome_unknown']);
  });

  test('while a processor’s event waits for the order: the run decides on that first, so nothing is foretold', async () => {
    const input = await claimed();
    const event = processorEvent(input.orderId, `evt-${input.orderId}`);
    await opened.store.storeProcessorEvent({ event, bodyHash: 'body', receivedAt: NOW });
    expect(await answer(input)).toEqual({ foretold: false });
    expect(await storedOutcome(opened.store, input)).toBe('succeeded');
    expect(await stage(input)).toBe('attempting');
  });

  test('of an operation that was never claimed is refused', async () => {
    const input = await claimed();
    await expect(answer({ ...input, key: 'never claimed' })).rejects.toThrow(UnknownOperation);
  });

  test('of an activity that was lost afterwards: the run that asks gets it', async () => {
    const input = await claimed();
    await answer(input);
    expect(await recall(input)).toEqual(result(input, 'succeeded'));
    // And what it then decides stands in the place of what was foretold.
    const own = paid(input, { position: NEXT_TASK, basedOn: null, entries: [entry(3, 'recorded'), entry(4, 'paid')] });
    expect(await opened.store.saveProgress(own)).toBe('saved');
    expect(await texts(input)).toEqual(['2 sent', '3 recorded', '4 paid']);
    expect(await told(input)).toEqual(['order.payment_succeeded']);
  });

  test('after the run asked and got nothing: the merchant does not hear “paid” before “unknown”', async () => {
    const input = await claimed();
    expect(await recall(input)).toBeNull();
    expect(await answer(input)).toEqual({ foretold: false });
    expect(await opened.store.saveProgress(unknown(input))).toBe('saved');
    expect(await storedOutcome(opened.store, input)).toBe('succeeded');
    expect(await told(input)).toEqual(['order.outcome_unknown']);
  });

  test('another run that asks learns it too, and moves nothing', async () => {
    const input = await claimed();
    expect(await recall(input, 'run-b')).toBeNull();
    expect(await answer(input)).toEqual({ foretold: true });
    expect(await recall(input, 'run-b')).toMatchObject({ outcome: 'succeeded' });
  });

  test('an unknown outcome that was recorded is no answer', async () => {
    const input = await claimed();
    await record(opened.store, input, 'unknown');
    expect(await recall(input)).toBeNull();
  });
});
