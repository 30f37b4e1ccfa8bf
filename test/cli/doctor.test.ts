import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSealingKeys } from '../../contract/sealing.ts';
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
/** As somebody runs it who has no stack here. */
const elsewhere = (args: string[], env: Record<string, string>) =>
  runRecoup(args, { env: { RECOUP_STATE_DIR: '/nonexistent', ...env } });

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

describe('a gateway elsewhere', () => {
  const there = () => ({ RECOUP_URL: `${world.url}/`, RECOUP_API_KEY: world.apiKey });

  test('is looked at as far as HTTP goes; what is not looked at is said', async () => {
    const { code, stdout } = await elsewhere(['doctor'], there());
    expect(code, stdout).toBe(0);
    for (const name of ['gateway', 'database', 'temporal', 'worker', 'api key', 'sealing keys', 'alpha']) {
      expect(stdout).toMatch(new RegExp(`^ok    ${name} `, 'm'));
    }
    expect(stdout).toMatch(/^-- {4}run file +not looked at/m);
    expect(stdout).not.toMatch(/\/nonexistent|simulator|temporal ui/);
    const { ok, checks } = JSON.parse((await elsewhere(['doctor', '--json'], there())).stdout);
    expect(ok).toBe(true);
    expect(checks).toContainEqual({ name: 'run file', ok: null, detail: expect.stringContaining('RECOUP_URL') });
  });

  test('is the one that is looked at, also where a stack runs here', async () => {
    const env = { RECOUP_STATE_DIR: stateDir, RECOUP_URL: 'http://127.0.0.1:9', RECOUP_API_KEY: world.apiKey };
    const { code, stdout } = await runRecoup(['doctor'], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}gateway +http:\/\/127\.0\.0\.1:9\/healthz does not answer/m);
  });

  test('whose key may not ask for all is not called ill for that', async () => {
    const apiKey = await world.newKey({ scopes: ['orders:read'] });
    const { code, stdout } = await elsewhere(['doctor'], { ...there(), RECOUP_API_KEY: apiKey });
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^ok {4}api key /m);
    expect(stdout).toMatch(/^-- {4}processors +not looked at: the API key has no scope for it/m);
  });

  test('needs its address and a key: with one of them alone nothing else is looked at or listed', async () => {
    await world.post('/v1/orders', order(newOrderId()));
    for (const args of [['doctor'], ['orders', 'list']]) {
      for (const [set, missing] of [
        ['RECOUP_URL', 'RECOUP_API_KEY'],
        ['RECOUP_API_KEY', 'RECOUP_URL'],
      ] as const) {
        const env = { RECOUP_STATE_DIR: stateDir, [set]: there()[set] };
        const { code, stdout, stderr } = await runRecoup(args, { env });
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(new RegExp(`^${set} is set and ${missing} is not`));
      }
    }
  });

  test('has an http or https address', async () => {
    for (const args of [['doctor'], ['orders', 'list']]) {
      const { code, stderr } = await elsewhere(args, { ...there(), RECOUP_URL: 'localhost:4100' });
      expect(code).toBe(1);
      expect(stderr).toContain('RECOUP_URL must be an http or https address');
    }
  });
});
