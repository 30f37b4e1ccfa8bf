/** Starts the gateway from its environment and prints one line when it serves. */
import { SettingInvalid } from '../contract/key-ring.ts';
import { createLog } from './log.ts';
import { startGateway } from './server.ts';
import { readSettings } from './settings.ts';

const log = createLog();

try {
  const gateway = await startGateway(readSettings(process.env), log);
  process.stdout.write(`${JSON.stringify({ ready: true, url: gateway.url })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      gateway.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
} catch (error) {
  if (error instanceof SettingInvalid) {
    process.stderr.write(`The gateway does not start: ${error.message}\n`);
    process.exit(1);
  }
  const name = error instanceof Error ? error.name : 'Error';
  const message = error instanceof Error && 'retryable' in error ? error.message : 'See the settings.';
  process.stderr.write(`The gateway cannot start: ${name}. ${message}\n`);
  process.exit(1);
}
