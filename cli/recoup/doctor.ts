/** Looks at everything that has to work, says what does not, and what to do about it. */
import { statSync } from 'node:fs';
import type { z } from 'zod';
import type { processorsSchema } from '../../contract/schemas/processors.ts';
import type { ConnectionFlags } from './connection.ts';
import { gatewayElsewhere, runFileOf } from './connection.ts';

export interface Check {
  name: string;
  /** `null`: not looked at. */
  ok: boolean | null;
  detail: string;
}

const ANSWER_WITHIN_MS = 3_000;

export async function examine(flags: ConnectionFlags, env: NodeJS.ProcessEnv = process.env): Promise<Check[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  const node: Check = { name: 'node', ok, detail: `${process.versions.node} (20.19 or newer is needed)` };
  const elsewhere = gatewayElsewhere(env);
  if (elsewhere === null) return [node, ...(await examineHere(flags))];
  const detail = 'not looked at, nor the servers that it names: RECOUP_URL and RECOUP_API_KEY are set';
  return [node, { name: 'run file', ok: null, detail }, ...(await examineGateway(elsewhere.baseUrl, elsewhere.apiKey))];
}

/** The stack that `npm start` runs. */
async function examineHere(flags: ConnectionFlags): Promise<Check[]> {
  const { path, run } = runFileOf(flags);
  if (run === undefined) {
    return [{ name: 'run file', ok: false, detail: `${path} is not there: start the stack with npm start` }];
  }
  const mode = statSync(path).mode & 0o777;
  const detail = `${path}, mode ${mode.toString(8)} (600: it holds the API key)`;
  const answers = await Promise.all([
    answering('simulator', `${run.simulator}/healthz`),
    answering('temporal ui', run.temporalUi),
    examineGateway(run.gateway, run.apiKey),
  ]);
  return [{ name: 'run file', ok: mode === 0o600, detail }, ...answers.flat()];
}

/** What can be seen over HTTP. */
async function examineGateway(gateway: string, apiKey: string): Promise<Check[]> {
  const answers = await Promise.all([
    answering('gateway', `${gateway}/healthz`),
    readiness(gateway),
    accepted(gateway, apiKey),
    sealingKeys(gateway, apiKey),
    breakers(gateway, apiKey),
  ]);
  return answers.flat();
}

async function answering(name: string, url: string): Promise<Check> {
  const response = await look(url);
  return { name, ok: response?.ok === true, detail: response === null ? `${url} does not answer` : url };
}

/** What the gateway itself reaches. */
async function readiness(gateway: string): Promise<Check[]> {
  const response = await look(`${gateway}/readyz`);
  const body = ((await response?.json().catch(() => null)) ?? {}) as Record<string, unknown>;
  const advice = {
    database: 'the gateway’s DATABASE_URL',
    temporal: 'the gateway’s TEMPORAL_ADDRESS',
    worker: 'a worker publishes what it can do when it starts',
  };
  return Object.entries(advice).map(([name, detail]) => ({ name, ok: body[name] === true, detail }));
}

async function accepted(gateway: string, apiKey: string): Promise<Check> {
  const response = await look(`${gateway}/v1/orders?limit=1`, { authorization: `Bearer ${apiKey}` });
  return { name: 'api key', ok: response?.ok === true, detail: 'it lists orders' };
}

interface SealingKey {
  kid: string;
  seals: boolean;
  opens: boolean;
  openOrders: number;
  reopenableOrders: number;
}

/** Which key orders still need: one that nobody has parks them, one that nobody needs can be taken out. */
async function sealingKeys(gateway: string, apiKey: string): Promise<Check> {
  const response = await look(`${gateway}/v1/sealing-keys`, { authorization: `Bearer ${apiKey}` });
  if (response?.status === FORBIDDEN) return notAllowed('sealing keys');
  const body = response?.ok === true ? await response.json().catch(() => null) : null;
  const keys = (body as { keys: SealingKey[] } | null)?.keys;
  if (keys === undefined) return { name: 'sealing keys', ok: false, detail: 'the gateway does not tell' };
  const detail = keys.map(sealingKeyText).join('; ');
  const ok = keys.every(({ seals, opens, openOrders }) => opens || (!seals && openOrders === 0));
  return { name: 'sealing keys', ok, detail };
}

function sealingKeyText({ kid, seals, opens, openOrders, reopenableOrders }: SealingKey): string {
  const role = [seals ? 'seals' : '', opens ? 'opens' : 'NO WORKER OPENS IT'].filter(Boolean).join(', ');
  const need = `${openOrders} open orders, ${reopenableOrders} that can be reopened`;
  const spare = opens && !seals && openOrders + reopenableOrders === 0 ? ' (not needed any more)' : '';
  return `${kid} ${role}: ${need}${spare}`;
}

/** Each processor by its breaker: one that is down is gone round or waited for, and heals by itself or not. */
async function breakers(gateway: string, apiKey: string): Promise<Check[]> {
  const response = await look(`${gateway}/v1/processors`, { authorization: `Bearer ${apiKey}` });
  if (response?.status === FORBIDDEN) return [notAllowed('processors')];
  if (response?.ok !== true) return [{ name: 'processors', ok: false, detail: 'the gateway does not list them' }];
  const { processors, breaker } = (await response.json()) as z.output<typeof processorsSchema>;
  return processors.map(({ processor, health }) => {
    const { good, bad } = health.calls;
    const calls = `${good + bad} calls in ${breaker.windowMs / 1000} s, ${bad} failed`;
    const state = health.state === 'closed' ? 'healthy' : `breaker ${health.state}, ${health.held} attempts held back`;
    const until = health.downUntil === null ? '' : `, asked again at ${health.downUntil}`;
    return { name: processor, ok: health.state === 'closed', detail: `${state}${until}: ${calls}` };
  });
}

const FORBIDDEN = 403;

function notAllowed(name: string): Check {
  return { name, ok: null, detail: 'not looked at: the API key has no scope for it' };
}

async function look(url: string, headers: Record<string, string> = {}): Promise<Response | null> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch {
    return null;
  }
}
