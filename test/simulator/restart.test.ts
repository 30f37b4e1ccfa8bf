import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Body, charge, eventually, postJson, SECRET, Sink, submit, unanswered } from './harness.ts';

let directory: string;
let sink: Sink;
let child: ChildProcess | null = null;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'simulator-'));
  sink = await Sink.start();
});
afterEach(async () => {
  await kill('SIGKILL');
  await sink.close();
  rmSync(directory, { recursive: true });
});

const stateFile = () => join(directory, 'state.jsonl');
const _orderOf = (orderId: string) => ({ merchantId: 'default', orderId });

/** The process as the launcher starts it; the line that it prints when it is ready. */
async function start(environment: Record<string, string> = {}): Promise<Body> {
  const env = { ...process.env, SIMULATOR_STATE_FILE: stateFile(), SIMULATOR_WEBHOOK_SECRET: SECRET, ...environment };
  child = spawn(process.execPath, ['--import', 'tsx', 'simulator/main.ts'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no output');
  const [line] = await once(createInterface(child.stdout), 'line');
  const ready = JSON.parse(String(line));
  expect(ready.ready).toBe(true);
  return ready;
}

async function kill(signal: NodeJS.Signals): Promise<number | null> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return null;
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = await exited;
  return code;
}

async function ledger(ready: Body, orderId: string): Promise<Body[]> {
  return ((await (await fetch(`${ready.url}/ledger?orderId=${orderId}`)).json()) as Body).entries;
}

test('killed outright, it comes back with ledger, keys, counters, sessions and webhooks to come', async () => {
  const first = await start({ SIMULATOR_WEBHOOK_URL: sink.url });
  const pay = (ready: Body, key: string, token: string) =>
    postJson(`${ready.processors.alpha}/v1/payments`, key, charge('o1', token));
  await postJson(`${first.url}/control/webhooks`, null, { hold: true });
  const paid = await pay(first, 'paid', 'sim:alpha=ok,expired_card');
  const opened = await postJson(`${first.processors.alpha}/v1/hosted-sessions`, 'hosted', charge('o2', ''));
  await unanswered(`${first.processors.beta}/v1/payments`, 'lost', charge('o3', 'sim:beta=timeout_charged'));
  const before = await ledger(first, 'o1');
  await kill('SIGKILL');

  const second = await start({ SIMULATOR_WEBHOOK_URL: sink.url });
  expect(await ledger(second, 'o1')).toEqual(before);
  expect(await pay(second, 'paid', 'sim:alpha=ok,expired_card')).toMatchObject({ replayed: true, body: paid.body });
  expect((await pay(second, 'other', 'sim:alpha=ok,expired_card')).body.code).toBe('expired_card');
  const path = new URL(opened.body.url).pathname;
  expect((await submit(`${second.processors.alpha}${path}`)).status).toBe(200);
  expect(await ledger(second, 'o2')).toMatchObject([{ effect: 'captured', key: 'hosted', requests: 1 }]);
  expect(await ledger(second, 'o3')).toMatchObject([{ effect: 'captured', processor: 'beta' }]);
  await eventually(() => sink.types('o1').sort()).toEqual(['payment.captured', 'payment.declined']);
  await eventually(() => sink.types('o3')).toEqual(['payment.captured']);
});

test('a pending payment settles although the process died in between', async () => {
  const first = await start({ RECOUP_TIME_SCALE: '10' });
  await postJson(`${first.processors.alpha}/v1/payments`, 'p', charge('p', 'sim:alpha=pending_then_ok'));
  await kill('SIGKILL');
  const second = await start({ RECOUP_TIME_SCALE: '10', SIMULATOR_WEBHOOK_URL: sink.url });
  await eventually(() => ledger(second, 'p')).toMatchObject([{ effect: 'captured' }]);
  await eventually(() => sink.types('p')).toEqual(['payment.captured']);
});

test('a delivered webhook is not sent again after a restart', async () => {
  const first = await start({ RECOUP_TIME_SCALE: '10', SIMULATOR_WEBHOOK_URL: sink.url });
  await postJson(`${first.processors.alpha}/v1/payments`, 'w', charge('w', 'sim:'));
  await eventually(() => sink.types('w')).toEqual(['payment.captured']);
  const waiting = async (ready: Body) =>
    ((await (await fetch(`${ready.url}/control/webhooks`)).json()) as Body).counts.waiting;
  await eventually(() => waiting(first)).toBe(0);
  await kill('SIGKILL');
  expect(await waiting(await start({ RECOUP_TIME_SCALE: '10', SIMULATOR_WEBHOOK_URL: sink.url }))).toBe(0);
});

test('a last line that was cut off never happened', async () => {
  const first = await start();
  await postJson(`${first.processors.alpha}/v1/payments`, 'c', charge('c', 'sim:'));
  await kill('SIGKILL');
  const whole = readFileSync(stateFile(), 'utf8');
  const lastLine = whole.trimEnd().split('\n').at(-1) ?? '';
  appendFileSync(stateFile(), lastLine.slice(0, lastLine.length / 2));
  expect(await ledger(await start(), 'c')).toMatchObject([{ effect: 'captured', requests: 1 }]);
});

test('SIGTERM ends it at once, also while calls are hanging', async () => {
  const ready = await start();
  await unanswered(`${ready.processors.alpha}/v1/payments`, 'h', charge('h', 'sim:alpha=timeout_lost'));
  const hanging = fetch(`${ready.processors.alpha}/v1/payments`, {
    method: 'POST',
    headers: { 'idempotency-key': 'i' },
    body: JSON.stringify(charge('i', 'sim:alpha=timeout_charged')),
  }).catch(() => 'cut');
  await eventually(() => ledger(ready, 'i')).toHaveLength(1);
  const startedAt = Date.now();
  expect(await kill('SIGTERM')).toBe(0);
  expect(Date.now() - startedAt).toBeLessThan(2_000);
  expect(await hanging).toBe('cut');
});
