import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BoxOptions, box } from '../../cli/launcher/box.ts';
import { playDemo } from '../../cli/launcher/demo.ts';
import { disagreement, type LedgerEntry } from '../../cli/launcher/ledger.ts';
import { DEFAULT_STATE_DIRECTORY } from '../../cli/launcher/paths.ts';
import { findScenario } from '../../cli/recoup/scenarios.ts';
import type { OrderView } from '../../client/index.ts';
import { openWorld, type World } from '../gateway/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world.close();
});

const runOf = ({ url, apiKey, merchantId, simulator }: World) => ({
  gateway: url,
  apiKey,
  merchantId,
  simulator: simulator.url,
});

describe('the demo of npm start', () => {
  test('every order reaches its end, agrees with the ledger, and says so in one line', async () => {
    const lines: string[] = [];
    const demo = playDemo(runOf(world), (line) => lines.push(line));
    await demo.started;
    const orders = await demo.settled;
    expect(orders.length).toBeGreaterThanOrEqual(5);
    expect(orders.filter(({ problem }) => problem !== null)).toEqual([]);
    expect(lines).toHaveLength(orders.length);
    for (const { orderId } of orders) {
      expect(lines.filter((line) => line.includes(orderId))).toHaveLength(1);
      const { entries } = await world.recoup().orders.timeline(orderId);
      expect(entries.length).toBeGreaterThan(0);
    }
  });

  test('a gateway that is not there fails no start: each order says what is wrong', async () => {
    const lines: string[] = [];
    const demo = playDemo({ ...runOf(world), gateway: 'http://127.0.0.1:1' }, (line) => lines.push(line));
    await demo.started;
    for (const { problem } of await demo.settled) expect(problem).toContain('could not be reached');
    expect(lines.every((line) => line.includes('did not finish'))).toBe(true);
  });
});

describe('the box', () => {
  const run = {
    gateway: 'http://127.0.0.1:4100',
    simulator: 'http://127.0.0.1:4200',
    temporalUi: 'http://127.0.0.1:8233',
    temporal: '127.0.0.1:7233',
    namespace: 'default',
    taskQueue: 'recoup',
    databaseUrl: 'postgresql://secret',
    merchantId: 'default',
    apiKey: 'rk_test_secret',
  };
  const shown = (stateDir: string, how: BoxOptions = {}) => box('Recoup is running', run, stateDir, how);

  test('offers a command that exists', () => {
    const name = /npx recoup trigger (\w+)/.exec(shown(DEFAULT_STATE_DIRECTORY))?.[1] ?? '';
    expect(findScenario(name)).toBeDefined();
    expect(shown(DEFAULT_STATE_DIRECTORY)).not.toContain('--state-dir');
    expect(shown('/elsewhere')).toMatch(/trigger \w+ --state-dir \/elsewhere/);
  });

  test('offers Ctrl-C only where it ends what runs', () => {
    expect(shown('/elsewhere', { foreground: true })).toContain('Ctrl-C or npm stop -- --state-dir /elsewhere');
    expect(shown('/elsewhere')).toContain('npm stop -- --state-dir /elsewhere');
    expect(shown('/elsewhere')).not.toContain('Ctrl-C');
  });

  test('says where the demo tells how it went, when nobody sees it', () => {
    expect(shown('/elsewhere', { demoLog: '/elsewhere/logs/launcher.log' })).toMatch(
      /Demo orders +\/elsewhere\/logs\/launcher\.log/,
    );
    expect(shown('/elsewhere', { foreground: true })).not.toContain('Demo');
  });

  test('shows no secret', () => {
    expect(shown(DEFAULT_STATE_DIRECTORY)).not.toContain('secret');
  });
});

describe('the order against the ledger', () => {
  const attempt = (key: string, outcome: 'succeeded' | 'declined' | 'unknown') => ({
    outcome,
    operations: [{ operation: 'charge', key, outcome }],
  });
  const order = (captured: number, ...attempts: ReturnType<typeof attempt>[]) =>
    ({ amount: { minor: 100, currency: 'EUR' }, money: { captured }, attempts }) as unknown as OrderView;
  const entry = (key: string, effect: LedgerEntry['effect']): LedgerEntry => ({
    processor: 'alpha',
    operation: 'charge',
    key,
    amountMinor: 100,
    effect,
  });

  test.each([
    ['paid once', order(100, attempt('a', 'succeeded')), [entry('a', 'captured')]],
    [
      'declined, then paid',
      order(100, attempt('a', 'declined'), attempt('b', 'succeeded')),
      [entry('a', 'none'), entry('b', 'captured')],
    ],
    ['unknown, and charged', order(0, attempt('a', 'unknown')), [entry('a', 'captured')]],
    ['unknown, and never arrived', order(0, attempt('a', 'unknown')), []],
  ])('%s: agrees', (_name, view, ledger) => expect(disagreement(view, ledger)).toBeNull());

  test.each([
    ['a charge that the order does not know', order(0), [entry('a', 'captured')], 'does not know'],
    ['money for a decline', order(0, attempt('a', 'declined')), [entry('a', 'captured')], 'calls declined'],
    ['paid without money', order(100, attempt('a', 'succeeded')), [entry('a', 'none')], 'the ledger EUR 0.00'],
    [
      'charged twice',
      order(100, attempt('a', 'succeeded'), attempt('b', 'succeeded')),
      [entry('a', 'captured'), entry('b', 'captured')],
      'the ledger EUR 2.00',
    ],
  ])('%s: says so', (_name, view, ledger, words) => expect(disagreement(view, ledger)).toContain(words));
});
