/** The gateway as a server: opens what it needs, serves, closes in order. */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { lazyConnection } from '../client/temporal/connection.ts';
import { requireCodecKey } from '../contract/payload-codec.ts';
import { openProcessors } from '../processors/registry.ts';
import { openSealedStore } from '../store/sealing.ts';
import { hashApiKey } from './access.ts';
import { createApp } from './app.ts';
import type { RateLimit } from './http/rate-limit.ts';
import { createServices } from './services.ts';
import type { GatewaySettings } from './settings.ts';

export interface RunningGateway {
  url: string;
  close(): Promise<void>;
}

export async function startGateway(
  settings: GatewaySettings,
  log: Logger,
  options: { rateLimit?: RateLimit } = {},
): Promise<RunningGateway> {
  const { store, sealer } = await openSealedStore(settings.databaseUrl, settings.sealingKeys);
  requireCodecKey(settings.codec, (await store.currentDeployment())?.codecKeyId ?? null);
  if (settings.apiKey !== null) {
    const { key, merchantId } = settings.apiKey;
    await store.saveApiKey({ keyHash: hashApiKey(key), merchantId, name: 'settings', scopes: ['*', 'operations'] });
  }
  const { connection, close: disconnect } = lazyConnection(settings.temporal.address);
  const { codec } = settings;
  const dataConverter = { payloadCodecs: [codec] };
  const client = new Client({ connection, namespace: settings.temporal.namespace, dataConverter });
  const { buyerTokenKey, mode, timeScale, taskQueue, returnUrlOrigins } = settings;
  // The address of a free port is known only once it is bound.
  let serveRequest: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const server = await listen((request) => serveRequest(request), settings.host, settings.port);
  const services = createServices({
    client,
    store,
    processors: openProcessors(settings.processors),
    sealer,
    codec,
    codecUi: settings.codecUi,
    buyerTokenKey,
    mode,
    timeScale,
    taskQueue,
    baseUrl: settings.baseUrl ?? server.url,
    returnUrlOrigins,
    log,
    ...(options.rateLimit !== undefined && { rateLimit: options.rateLimit }),
  });
  const app = createApp(services);
  serveRequest = (request) => app.fetch(request);
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await Promise.all([store.close(), disconnect()]);
    },
  };
}

/** Longer than most calls take; callers repeat what is cut. */
const CLOSE_GRACE_MS = 5_000;

async function listen(fetch: (request: Request) => Response | Promise<Response>, hostname: string, port: number) {
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve({ fetch, hostname, port }, () => resolve(starting)) as Server;
    starting.once('error', reject);
  });
  // Longer than a proxy keeps its idle connections, so that none is cut under a request.
  server.keepAliveTimeout = 75_000;
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${hostname}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // A caller who never reads its answer does not keep us.
        setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
      }),
  };
}
