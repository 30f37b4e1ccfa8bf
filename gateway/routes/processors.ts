/** The processors: what they can do, how they do, and their breakers. */
import { processorsSchema } from '../../contract/schemas/processors.ts';
import { CLOSED } from '../../policy/health/breaker.ts';
import { scaleBreaker } from '../../policy/health/settings.ts';
import { scaleSheet } from '../../policy/rules.ts';
import type { HealthReading } from '../../store/processor-health.ts';
import type { RequestContext, Route } from '../http/route.ts';

export const PROCESSOR_ROUTES: Route[] = [
  {
    method: 'GET',
    path: '/v1/processors',
    summary: 'Every processor: its sheet, its health, its breaker. Durations as they are in force.',
    access: { kind: 'key', scope: 'processors:read' },
    answer: processorsSchema,
    handle: listProcessors,
  },
];

async function listProcessors({ services }: RequestContext) {
  const { sheets, breaker, timeScale } = await services.orders.policies.deployment();
  const settings = scaleBreaker(breaker, timeScale);
  const readings = await services.store.health.list(settings);
  const nowMs = Date.now();
  const processors = sheets.map((sheet) => ({
    processor: sheet.processor,
    sheet: scaleSheet(sheet, timeScale),
    health: healthOf(
      readings.find(({ processor }) => processor === sheet.processor),
      nowMs,
    ),
  }));
  return { status: 200, body: { processors, breaker: settings } };
}

/** No call of which anything is known: closed. */
function healthOf(reading: HealthReading | undefined, nowMs: number) {
  const never = { ...CLOSED, sinceMs: null, downForMs: 0, calls: { good: 0, bad: 0 } };
  const { state, sinceMs, downForMs, opens, held, calls } = reading ?? never;
  return {
    state,
    since: sinceMs === null ? null : new Date(nowMs - sinceMs).toISOString(),
    downUntil: downForMs > 0 ? new Date(nowMs + downForMs).toISOString() : null,
    opens,
    held,
    calls,
  };
}
