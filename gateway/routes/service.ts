/** What is about the gateway itself. */
import { readFile } from 'node:fs/promises';
import { recoupError } from '../../client/errors.ts';
import { isErrorCode } from '../../contract/errors.ts';
import type { RequestContext, Route } from '../http/route.ts';

const ANSWER_WITHIN_MS = 2_000;
const ERROR_PAGES = new URL('../../docs/errors/', import.meta.url);

export const SERVICE_ROUTES: Route[] = [
  {
    method: 'GET',
    path: '/healthz',
    summary: 'This process answers.',
    access: { kind: 'open' },
    handle: async () => ({ status: 200, body: { status: 'ok' } }),
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'Database and Temporal answer, and a worker has started.',
    access: { kind: 'open' },
    statuses: [200, 503],
    handle: async ({ services }) => {
      const [database, temporal, worker] = await Promise.all([
        answers(services.store.ping()),
        answers(
          services.client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
            services.client.workflowService.getSystemInfo({}),
          ),
        ),
        answers(services.orders.policies.deployment()),
      ]);
      const ready = database && temporal && worker;
      return { status: ready ? 200 : 503, body: { ready, database, temporal, worker } };
    },
  },
  {
    method: 'GET',
    path: '/docs/errors/:code',
    summary: 'The page of an error code.',
    access: { kind: 'open' },
    handle: errorPage,
  },
];

async function errorPage(context: RequestContext) {
  const code = context.param('code');
  if (!isErrorCode(code)) throw recoupError('path_unknown');
  const text = await readFile(new URL(`${code}.md`, ERROR_PAGES), 'utf8');
  return { status: 200, body: text, headers: { 'content-type': 'text/markdown; charset=utf-8' } };
}

async function answers(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}
