import { DefaultLogger, Runtime } from '@temporalio/worker';
import { SettingInvalid } from '../contract/key-ring.ts';
import { createPayloadCodec } from '../contract/payload-codec.ts';
import { workflowBundle } from './bundle.ts';
import { createOrderWorker } from './create.ts';
import { readWorkerSettings } from './settings.ts';
import { ensureSweeper } from './sweeper.ts';

/** The worker as a process: prints one JSON line when it polls; SIGTERM finishes what was sent, then ends. */
async function main(): Promise<void> {
  const settings = readWorkerSettings();
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: ['SIGTERM', 'SIGINT'] });
  const encrypted = createPayloadCodec(settings.codecKeys).kid !== null;
  const codePath = await workflowBundle({ encrypted });
  const { worker, client, close } = await createOrderWorker(settings, { workflowBundle: { codePath } });
  await ensureSweeper(client, settings.taskQueue);
  const running = worker.run();
  process.stdout.write(`${JSON.stringify({ ready: true, taskQueue: settings.taskQueue })}\n`);
  await running;
  await close();
}

main().catch((error: unknown) => {
  const message = error instanceof SettingInvalid ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`The worker cannot run: ${message}\n`);
  process.exitCode = 1;
  process.exit();
});
