import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/launcher/paths.ts';
import { SCENARIOS } from '../../cli/recoup/scenarios.ts';
import { newOrderId, order, type World } from '../gateway/world.ts';
import { type CommandWorld, openCommandWorld } from './command-world.ts';
import { runRecoup } from './run-recoup.ts';

let opened: CommandWorld;
let world: World;
let stateDir: string;
beforeAll(async () => {
  opened = await openCommandWorld();
  ({ world, stateDir } = opened);
});
afterAll(() => opened.close());

const recoup = (...args: string[]) => opened.recoup(...args);
const declined = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

describe('usage', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['steal']],
    ['an unknown flag', ['orders', 'list', '--bogus']],
    ['an unknown scenario', ['trigger', 'nothing']],
    ['a missing argument', ['orders', 'show']],
    ['too many arguments', ['orders', 'show', 'a', 'b']],
    ['a limit out of range', ['orders', 'list', '--limit', '0']],
    ['an unknown stage', ['orders', 'list', '--stage', 'lost']],
    ['an unknown class', ['orders', 'list', '--class', 'bogus']],
  ])('%s: exit 2, the message on stderr, nothing on stdout', async (_name, args) => {
    const { code, stdout, stderr } = await recoup(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  test('help is an answer: exit 0', async () => {
    const { code, stdout } = await recoup('trigger', '--help');
    expect(code).toBe(0);
    for (const { name } of SCENARIOS) expect(stdout).toContain(name);
  });

  test('the version is an answer: exit 0', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(await recoup('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('without a running stack: exit 1, and what to do', async () => {
    const { code, stdout, stderr } = await runRecoup(['orders', 'list'], { env: { RECOUP_STATE_DIR: '/nonexistent' } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('npm start');
  });
});

describe('orders', () => {
  test('are shown, listed, told and explained, for people and for programs', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId, declined));
    const shown = await recoup('orders', 'show', orderId);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('waiting_buyer');
    expect(shown.stdout).not.toContain('\u001b[');
    expect(JSON.parse((await recoup('orders', 'show', orderId, '--json')).stdout)).toMatchObject({ orderId });
    const listed = await recoup('orders', 'list', '--stage', 'waiting_buyer', '--json');
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).orderId),
    ).toContain(orderId);
    const told = JSON.parse((await recoup('orders', 'timeline', orderId, '--json')).stdout);
    expect(told.entries.length).toBeGreaterThan(2);
    expect(JSON.parse((await recoup('orders', 'explain', orderId, '--json')).stdout).decisions.length).toBeGreaterThan(
      0,
    );
    expect((await recoup('orders', 'timeline', orderId)).stdout).toContain('(planned)');
    const unanswered = newOrderId();
    await world.post('/v1/orders', order(unanswered, 'sim:alpha=timeout_charged'));
    const unweighed = { code: 0, stdout: '', stderr: 'nothing had to be weighed; see orders timeline\n' };
    expect(await recoup('orders', 'explain', unanswered)).toEqual(unweighed);
  });

  test('none is said to be none, and more than were asked for to be more; neither is an answer', async () => {
    for (const [flag, value] of [
      ['--class', 'hard_decline'],
      ['--processor', 'gamma'],
    ] as const) {
      expect(await recoup('orders', 'list', flag, value)).toEqual({ code: 0, stdout: '', stderr: 'no orders\n' });
      expect((await recoup('orders', 'list', flag, value, '--json')).stdout).toBe('');
    }
    expect(await recoup('orders', 'list', '--needs-person')).toMatchObject({ stdout: '', stderr: 'no orders\n' });
    for (const orderId of [newOrderId(), newOrderId()]) await world.post('/v1/orders', order(orderId));
    const first = await recoup('orders', 'list', '--limit', '1', '--json');
    const cursor = /^more orders match; they follow with --cursor (\S+)\n$/.exec(first.stderr)?.[1] ?? '';
    const next = await recoup('orders', 'list', '--limit', '1', '--json', '--cursor', cursor);
    expect(JSON.parse(next.stdout).orderId).not.toBe(JSON.parse(first.stdout).orderId);
  });

  test('a name that there is not is refused, and what there is is said', async () => {
    const { code, stdout, stderr } = await recoup('orders', 'list', '--processor', 'nobody');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('request_invalid: $.processor must be one of alpha, beta, gamma');
    const ofClass = (await recoup('orders', 'list', '--class', 'bogus')).stderr;
    expect(ofClass).toContain('there is no class "bogus", only transient, unknown_outcome, soft_decline');
    expect((await recoup('orders', 'list', '--stage', 'lost')).stderr).toContain('"lost", only attempting, confirming');
  });

  test('an unknown order is a failure with its code and page', async () => {
    const { code, stderr } = await recoup('orders', 'show', 'nobody');
    expect(code).toBe(1);
    expect(stderr).toContain('order_unknown');
    expect(stderr).toContain('/docs/errors/order_unknown');
  });

  test('a reader that stops reading is no failure', async () => {
    const ended = await runRecoup(['trigger', '--help'], { env: { RECOUP_STATE_DIR: stateDir }, closeStdout: true });
    expect(ended.code).toBe(0);
  });
});

describe('scenarios', () => {
  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s rests where its story says',
    async (name, scenario) => {
      const { code, stdout, stderr } = await recoup('trigger', name, '--json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const told = JSON.parse(stdout);
      expect(told).toMatchObject({ scenario: name, asExpected: true, order: { stage: scenario.rests } });
      const url = `${world.simulator.url}/ledger?orderId=${told.orderId}&merchantId=${world.merchantId}`;
      const { entries } = (await (await fetch(url)).json()) as { entries: { effect: string; amountMinor: number }[] };
      const captured = entries.filter(({ effect }) => effect === 'captured');
      expect(captured).toHaveLength(scenario.rests === 'paid' ? 1 : 0);
    },
  );

  test('names are unique and fit an order id', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    for (const { name } of SCENARIOS) expect(name).toMatch(/^[a-z_]{1,31}$/);
  });
});
