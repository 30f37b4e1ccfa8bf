import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { HealthBoard } from '../activities/health-board.ts';
import { createActivities } from '../activities/index.ts';
import { openPolicies } from '../activities/policy-of-order.ts';
import { lazyConnection } from '../client/temporal/connection.ts';
import { createPayloadCodec, requireCodecKey } from '../contract/payload-codec.ts';
import { createSealingKeys } from '../contract/sealing.ts';
import { scaleBreaker } from '../policy/health/settings.ts';
import { openProcessors } from '../processors/registry.ts';
import { openSealedStore } from '../store/sealing.ts';
import { FAILURE_CONVERTER } from './bundle.ts';
import type { WorkerSettings } from './settings.ts';

export interface OrderWorker {
  worker: Worker;
  client: Client;
  /** After `worker.run()` ended. */
  close(): Promise<void>;
}

/** Longer than the longest call to a processor and its recording: a worker that is asked to stop finishes what it sent. */
const SHUTDOWN_GRACE_MS = 15_000;

/** Everything a worker is made of, put together in this one place. `nowMs` is asked in activities: tests that skip time give the server's. */
export async function createOrderWorker(
  settings: WorkerSettings,
  workflows: Pick<WorkerOptions, 'workflowBundle'>,
  nowMs: () => number = Date.now,
): Promise<OrderWorker> {
  const { temporalAddress: address, namespace, taskQueue, timeScale, mode } = settings;
  const keys = createSealingKeys(settings.sealingKey);
  const codec = createPayloadCodec(settings.codecKeys);
  const processors = openProcessors(settings.processors);
  // It only opens credentials; but a worker whose keys fit nothing here would hand every order to a person.
  const { store, sealer } = await openSealedStore(settings.databaseUrl, keys);
  requireCodecKey(codec, (await store.currentDeployment())?.codecKeyId ?? null);
  const native = await NativeConnection.connect({ address });
  const { connection, close: disconnect } = lazyConnection(address);
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [codec] } });
  const health = new HealthBoard({
    store,
    settings: scaleBreaker(settings.breaker, timeScale),
    warn: (message) => Runtime.instance().logger.warn(message),
  });
  await health.open();
  const activities = createActivities({
    store,
    processors,
    health,
    policyOf: openPolicies(store, processors, timeScale),
    openCredential: sealer.open,
    client,
    taskQueue,
    nowMs,
    timeScale,
  });
  const sheets = [...processors.values()].map(({ sheet }) => sheet);
  await store.publishDeployment({
    mode,
    timeScale,
    sheets,
    breaker: settings.breaker,
    taskQueue,
    codecKeyId: codec.kid,
    sealingKeyIds: keys.kids,
  });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue,
    activities,
    ...workflows,
    dataConverter: {
      payloadCodecs: [codec],
      ...(codec.kid === null ? {} : { failureConverterPath: FAILURE_CONVERTER }),
    },
    reuseV8Context: true,
    maxCachedWorkflows: settings.maxCachedWorkflows,
    maxConcurrentActivityTaskExecutions: settings.maxCallsInFlight,
    // A worker that died holds up the next task of its workflows for this long at most.
    stickyQueueScheduleToStartTimeout: '1 s',
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
  });
  const close = async () => {
    await health.close();
    await native.close();
    await disconnect();
    await store.close();
  };
  return { worker, client, close };
}
