import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_BREAKER } from '../../policy/health/settings.ts';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/store.ts';
import { poll } from '../setup/scene.ts';
import { useStore } from './world.ts';

/** Short waits on the real clock of the database; the rates are the real ones. */
const settings = { ...DEFAULT_BREAKER, windowMs: 5_000, coolDownMs: 100, coolDownMaxMs: 400, calmMs: 400 };

let processors = 0;
/** A processor that no other test uses. */
function newProcessor(): string {
  processors += 1;
  return `processor-${processors}`;
}

describe('the breakers, shared by two workers', () => {
  const opened = useStore();
  const workers: Store[] = [];
  beforeAll(async () => {
    workers.push(opened.store, await openStore(opened.url));
  });
  afterAll(async () => {
    await workers[1]?.close();
  });

  const worker = (number: number): Store => workers[number % workers.length] as Store;
  let permits = 0;
  const ask = async (number: number, processor: string, kind: 'start' | 'lookup' = 'start', leaseMs = 60_000) => {
    permits += 1;
    const permit = `permit-${permits}`;
    const answer = await worker(number).health.admit(processor, { kind, permit, leaseMs }, settings);
    return { permit, admitted: answer.admitted };
  };
  const answer = (number: number, processor: string, permit: string, good: boolean) =>
    worker(number).health.answered(processor, { permit, good }, settings);
  const reading = async (number: number, processor: string) =>
    (await worker(number).health.list(settings)).find((each) => each.processor === processor);

  async function openBreaker(processor: string): Promise<void> {
    await worker(0).health.count([{ processor, good: 0, bad: 21 }], settings);
  }
  async function halfOpen(processor: string): Promise<void> {
    await openBreaker(processor);
    await poll(
      () => reading(1, processor),
      (each) => each?.state === 'half_open',
      5_000,
    );
  }
  async function draining(processor: string): Promise<void> {
    await halfOpen(processor);
    for (let probe = 0; probe < settings.goodProbes; probe += 1) {
      const { permit, admitted } = await ask(probe, processor);
      expect(admitted).toBe(true);
      await answer(probe + 1, processor, permit, true);
    }
  }

  test('what each of them counted is added up, and opens the breaker for both', async () => {
    const processor = newProcessor();
    await worker(0).health.count([{ processor, good: 3, bad: 11 }], settings);
    expect(await reading(1, processor)).toMatchObject({ state: 'closed', calls: { good: 3, bad: 11 } });
    const told = await worker(1).health.count([{ processor, good: 0, bad: 10 }], settings);
    expect(told.find((each) => each.processor === processor)).toMatchObject({ state: 'open', opens: 1 });
    const other = await reading(0, processor);
    expect(other?.state).toBe('open');
    expect(other?.downForMs).toBeGreaterThan(0);
    expect((await ask(0, processor)).admitted).toBe(false);
  });

  test('counts written at the same time are all there', async () => {
    const [first, second] = [newProcessor(), newProcessor()];
    const counted = [
      { processor: second, good: 1, bad: 0 },
      { processor: first, good: 1, bad: 0 },
    ];
    const writes = Array.from({ length: 40 }, (_, number) =>
      worker(number).health.count(number % 3 === 0 ? counted.toReversed() : counted, settings),
    );
    await Promise.all(writes);
    for (const processor of [first, second]) {
      expect(await reading(0, processor)).toMatchObject({ calls: { good: 40, bad: 0 } });
    }
  });

  test('what was counted long ago speaks against nobody', async () => {
    const processor = newProcessor();
    const brief = { ...settings, windowMs: 240 };
    await worker(0).health.count([{ processor, good: 0, bad: 15 }], brief);
    await poll(
      () => worker(1).health.list(brief),
      (all) => all.find((each) => each.processor === processor)?.calls.bad === 0,
      5_000,
    );
    await worker(1).health.count([{ processor, good: 0, bad: 15 }], brief);
    expect(await reading(0, processor)).toMatchObject({ state: 'closed' });
  });

  test('half open: of fifty calls at once two are let through, whichever worker asks', async () => {
    const processor = newProcessor();
    await halfOpen(processor);
    const asked = await Promise.all(Array.from({ length: 50 }, (_, number) => ask(number, processor)));
    expect(asked.filter(({ admitted }) => admitted)).toHaveLength(settings.probesAtOnce);
    expect(await reading(1, processor)).toMatchObject({ state: 'half_open', held: 48 });
  });

  test('half open: a permit of a worker that died is given to another call', async () => {
    const processor = newProcessor();
    await halfOpen(processor);
    for (const number of [0, 1]) expect((await ask(number, processor, 'start', 150)).admitted).toBe(true);
    expect((await ask(0, processor)).admitted).toBe(false);
    await poll(
      () => ask(1, processor),
      ({ admitted }) => admitted,
      5_000,
    );
  });

  test('half open: answers reach the breaker through either worker; two bad ones open it for longer', async () => {
    const processor = newProcessor();
    await halfOpen(processor);
    const first = await ask(0, processor);
    const second = await ask(1, processor);
    await answer(1, processor, first.permit, false);
    await answer(0, processor, second.permit, false);
    expect(await reading(0, processor)).toMatchObject({ state: 'open', opens: 2 });
  });

  test('healed: both workers together start no more a second than the cap, however hard they ask', async () => {
    const processor = newProcessor();
    await draining(processor);
    const admittedAtMs: number[] = [];
    const untilMs = Date.now() + 2_000;
    const hammer = async (number: number) => {
      while (Date.now() < untilMs) if ((await ask(number, processor)).admitted) admittedAtMs.push(Date.now());
    };
    await Promise.all([0, 1, 2, 3].map(hammer));
    // By the time at which the askers heard of it, which the network moves a little.
    const peak = Math.max(...admittedAtMs.map((fromMs) => inSecondFrom(admittedAtMs, fromMs)));
    expect(peak).toBeLessThanOrEqual(settings.drainPerSecond + 2);
    expect(admittedAtMs.length).toBeGreaterThanOrEqual(settings.drainPerSecond);
    expect(admittedAtMs.length).toBeLessThanOrEqual(2 * settings.drainPerSecond + 2);
  });

  test('healed and calm: closed again, with nothing held against it', async () => {
    const processor = newProcessor();
    await draining(processor);
    await poll(
      () => worker(1).health.count([], settings),
      (all) => all.some((each) => each.processor === processor && each.state === 'closed'),
      5_000,
    );
    expect(await reading(0, processor)).toMatchObject({ state: 'closed', opens: 0, held: 0, calls: { bad: 0 } });
    expect((await ask(0, processor)).admitted).toBe(true);
  });
});

function inSecondFrom(instantsMs: number[], fromMs: number): number {
  return instantsMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000).length;
}
