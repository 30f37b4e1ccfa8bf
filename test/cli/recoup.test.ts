import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCENARIOS } from '../../cli/recoup/scenarios.ts';
import { createSealingKeys } from '../../contract/sealing.ts';
import { newOrderId, openWorld, order, type World } from '../gateway/world.ts';
import { runRecoup } from './run-recoup.ts';

let world: World;
let stateDir: string;
beforeAll(async () => {
  world = await openWorld();
  stateDir = mkdtempSync(join(tmpdir(), 'recoup-cli-'));
  const run = {
    gateway: world.url,
    simulator: world.simulator.url,
    temporalUi: `${world.simulator.url}/healthz`,
    apiKey: world.apiKey,
  };
  writeFileSync(join(stateDir, 'run.json'), JSON.stringify(run), { mode: 0o600 });
});
afterAll(async () => {
  rmSync(stateDir, { recursive: true });
  await world.close();
});

const recoup = (...args: string[]) => runRecoup(args, { env: { RECOUP_STATE_DIR: stateDir } });
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
    ['no code', ['explain-code', 'simulator']],
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

describe('doctor', () => {
  test('finds everything well, or says what is not', async () => {
    const well = await recoup('doctor', '--json');
    expect(well.code, well.stdout).toBe(0);
    const { ok, checks } = JSON.parse(well.stdout) as { ok: boolean; checks: { name: string; detail: string }[] };
    expect(ok).toBe(true);
    expect(checks.find(({ name }) => name === 'alpha')?.detail).toMatch(/^healthy: \d+ calls in 60 s, \d+ failed$/);
    const ill = await runRecoup(['doctor'], { env: { RECOUP_STATE_DIR: '/nonexistent' } });
    expect(ill.code).toBe(1);
    expect(ill.stdout).toContain('FAIL');
  });

  test('says which sealing key orders need, and that no worker has one that they need', async () => {
    const { kid } = createSealingKeys(world.sealingKey);
    const deployment = await world.store.currentDeployment();
    if (deployment === null) expect.fail('no worker has started');
    expect((await recoup('doctor')).stdout).toMatch(
      new RegExp(`^ok    sealing keys ${kid} seals, opens: \\d+ open`, 'm'),
    );
    await world.store.publishDeployment({ ...deployment, sealingKeyIds: ['another-key-id-1'] });
    const ill = await recoup('doctor');
    await world.store.publishDeployment(deployment);
    expect(ill.code).toBe(1);
    expect(ill.stdout).toMatch(new RegExp(`^FAIL  sealing keys ${kid} seals, NO WORKER OPENS IT: `, 'm'));
    expect(ill.stdout).toContain('another-key-id-1 opens: 0 open orders, 0 that can be reopened (not needed any more)');
  });
});

describe('explain-code', () => {
  test('explains one code', async () => {
    const { code, stdout } = await recoup('explain-code', 'simulator', 'stolen_card', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'simulator',
      code: 'stolen_card',
      known: true,
      class: 'hard_decline',
      sameInstrumentAllowed: false,
    });
  });

  test('explains lines from stdin, and says which one it cannot read', async () => {
    const good = await runRecoup(['explain-code', '--stdin', '--json'], {
      stdin: 'simulator,ok_not\n\nvisa,14,visa\n',
    });
    expect(good.code).toBe(0);
    expect(good.stdout.trim().split('\n')).toHaveLength(2);
    const bad = await runRecoup(['explain-code', '--stdin', '--json'], { stdin: 'simulator\n' });
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain('Line 1');
    expect((await runRecoup(['explain-code', '--stdin'], { stdin: '' })).code).toBe(0);
  });
});
