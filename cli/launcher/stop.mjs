import { run } from './bootstrap.mjs';

await run('stop.ts');
