// The worker's own main, in two steps: all code is loaded at once, and it begins when a line comes on stdin. Loading takes
// longer than everything else that a worker does when it starts.
import { createInterface } from 'node:readline';
import '../../worker/create.ts';
import '../../worker/bundle.ts';
import '../../worker/settings.ts';
import '../../worker/sweeper.ts';

process.stdout.write('{"loaded":true}\n');
const lines = createInterface({ input: process.stdin });
lines.once('line', () => {
  lines.close();
  void import('../../worker/main.ts');
});
// Whoever wanted it is gone.
process.stdin.once('end', () => process.exit(0));
