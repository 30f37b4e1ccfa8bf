import type { Delivery } from './delivery.ts';
import { FAULT_KINDS, NO_FAULTS } from './faults.ts';
import { type Fields, flag, identifier, invalid, isAbsent, jsonBody, optionalFlag, optionalUrl } from './fields.ts';
import { type Answer, type Call, json, Refusal, type Route } from './http.ts';
import { ledger } from './ledger.ts';
import { OUTCOME_EXPLANATIONS } from './outcomes.ts';
import type { Port } from './port.ts';
import type { Processor } from './processor.ts';
import type { State } from './state.ts';

export interface Controlled {
  state: State;
  delivery: Delivery;
  ports: Record<string, Port>;
  processors: Record<string, Processor>;
}

const MAX_TIMES = 1_000;
const MAX_DELAY_MS = 86_400_000;

/** Ledger and levers, on a port of their own: they stay reachable when the processors are down. */
export function controlRoutes(controlled: Controlled): Route[] {
  const { state, delivery, ports } = controlled;
  return [
    ['GET', '/healthz', () => json(200, { ok: true })],
    ['GET', '/ledger', (call) => json(200, { entries: ledger(state, call.query) })],
    ['GET', '/control/tokens', () => json(200, { outcomes: OUTCOME_EXPLANATIONS })],
    ['GET', '/control/webhooks', () => webhookView(controlled)],
    ['POST', '/control/webhooks', (call) => setWebhooks(controlled, call)],
    ['POST', '/control/webhooks/release', (call) => release(delivery, call)],
    ['POST', '/control/webhooks/resend', (call) => resend(delivery, call)],
    ['POST', '/control/expire-keys', () => expireKeys(state)],
    ['GET', '/control/:processor/faults', (call) => faultsView(namedIn(controlled.processors, call))],
    ['POST', '/control/:processor/faults', (call) => setFaults(namedIn(controlled.processors, call), call)],
    ['POST', '/control/:processor/down', (call) => shut(ports, call)],
    ['POST', '/control/:processor/up', (call) => reopen(ports, call)],
  ];
}

async function shut(ports: Record<string, Port>, call: Call): Promise<Answer> {
  await namedIn(ports, call).close();
  return json(200, { processor: call.params.processor, up: false });
}

async function reopen(ports: Record<string, Port>, call: Call): Promise<Answer> {
  await namedIn(ports, call).open();
  return json(200, { processor: call.params.processor, up: true });
}

function namedIn<T>(things: Record<string, T>, call: Call): T {
  const name = call.params.processor ?? '';
  const thing = Object.hasOwn(things, name) ? things[name] : undefined;
  if (thing === undefined) throw new Refusal(404, 'not_found', 'there is no processor of that name');
  return thing;
}

function faultsView({ name, faults }: Processor): Answer {
  return json(200, { processor: name, settings: faults.settings, counts: faults.counts });
}

/** Replaces the weather: what is not said is off. */
function setFaults(processor: Processor, call: Call): Answer {
  const fields = bodyOrNothing(call);
  const settings = { ...NO_FAULTS };
  for (const name of FAULT_KINDS) if (!isAbsent(fields[name])) settings[name] = wholeNumber(fields, name, 100);
  if (!isAbsent(fields.delayMs)) settings.delayMs = wholeNumber(fields, 'delayMs', MAX_DELAY_MS);
  if (!isAbsent(fields.seed)) settings.seed = wholeNumber(fields, 'seed', Number.MAX_SAFE_INTEGER);
  if (FAULT_KINDS.reduce((sum, name) => sum + settings[name], 0) > 100)
    throw invalid('percentages add up to 100 at most');
  processor.faults.set(settings);
  return faultsView(processor);
}

function webhookView({ state, delivery }: Controlled): Answer {
  const waiting = [...state.jobs.values()].filter((job) => job.kind === 'webhook').length;
  return json(200, {
    settings: delivery.settings,
    counts: { ...delivery.counts, waiting, held: delivery.heldCount },
  });
}

function setWebhooks(controlled: Controlled, call: Call): Answer {
  const { delivery } = controlled;
  const fields = bodyOrNothing(call);
  const next = { ...delivery.settings };
  if (!isAbsent(fields.duplicate)) next.duplicate = wholeNumber(fields, 'duplicate', MAX_TIMES);
  if (!isAbsent(fields.delayMs)) next.delayMs = wholeNumber(fields, 'delayMs', MAX_DELAY_MS);
  if (!isAbsent(fields.reorder)) next.reorder = flag(fields, 'reorder');
  if (!isAbsent(fields.hold)) next.hold = flag(fields, 'hold');
  if (fields.url !== undefined) next.url = optionalUrl(fields, 'url');
  Object.assign(delivery.settings, next);
  if (!next.hold) delivery.release(false);
  return webhookView(controlled);
}

function release(delivery: Delivery, call: Call): Answer {
  return json(200, { released: delivery.release(optionalFlag(bodyOrNothing(call), 'reverse')) });
}

function resend(delivery: Delivery, call: Call): Answer {
  const fields = jsonBody(call);
  const merchantId = isAbsent(fields.merchantId) ? 'default' : identifier(fields, 'merchantId');
  const times = isAbsent(fields.times) ? 1 : wholeNumber(fields, 'times', MAX_TIMES);
  return json(200, { messages: delivery.resend(merchantId, identifier(fields, 'orderId'), times) });
}

function expireKeys(state: State): Answer {
  state.commit([['keys_expired', { atMs: Date.now() }]]);
  return json(200, { expired: true });
}

function bodyOrNothing(call: Call): Fields {
  return call.body.length === 0 ? {} : jsonBody(call);
}

function wholeNumber(fields: Fields, name: string, max: number): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
    throw invalid(`${name} must be an integer from 0 to ${max}`);
  }
  return value;
}
