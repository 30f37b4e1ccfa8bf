import { startSimulator } from './server.ts';
import { settingsOf } from './settings.ts';

/** The simulator as a process of its own: settings from the environment, one line of JSON once it listens. */
try {
  const simulator = await startSimulator(settingsOf(process.env));
  const stop = () => {
    void simulator.close().finally(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const { url, processors } = simulator;
  process.stdout.write(`${JSON.stringify({ ready: true, url, processors })}\n`);
} catch (error) {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
