import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { openProcessors } from '../../processors/registry.ts';
import { readWorkerSettings } from '../../worker/settings.ts';

export interface BareCharge {
  processor: string;
  orderId: string;
  key: string;
  token: string;
}

export interface BareActivities {
  call(charge: BareCharge): Promise<string>;
}

/** The worker of the bare workflow: the same SDK, options and HTTP client as ours, without store, policy or timeline. */
async function main(): Promise<void> {
  const settings = readWorkerSettings();
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const processors = openProcessors(settings.processors);
  const activities: BareActivities = {
    async call({ processor, orderId, key, token }) {
      const answer = await processors.get(processor)?.send(
        {
          operation: 'charge',
          merchantId: 'default',
          orderId,
          attempt: 1,
          key,
          amountMinor: 4999,
          currency: 'EUR',
          credential: token,
          challenge: false,
          offSession: false,
          features: [],
          metadata: {},
        },
        { timeoutMs: 2000, signal: new AbortController().signal },
      );
      return answer?.kind === 'result' ? answer.status : 'fault';
    },
  };
  const silent = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const workflowsPath = fileURLToPath(new URL('bare-workflow.ts', import.meta.url));
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address: settings.temporalAddress }),
    namespace: settings.namespace,
    taskQueue: 'bare',
    activities: { ...activities },
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: silent }),
    reuseV8Context: true,
    maxCachedWorkflows: settings.maxCachedWorkflows,
  });
  process.stdout.write('{"ready":true}\n');
  await worker.run();
}

await main();
