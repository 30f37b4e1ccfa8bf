import { inspect } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** All that the workers of this process logged, and whatever else a scene hears. Kept for one test file. */
export const logged: string[] = [];

// Once a process, whose test files share it; errors are printed too.
const printed = new DefaultLogger('ERROR');
Runtime.install({
  logger: new DefaultLogger('DEBUG', (entry) => {
    logged.push(`${entry.message} ${inspect(entry.meta, { depth: 8 })}`);
    printed.log(entry.level, entry.message, entry.meta);
  }),
});
