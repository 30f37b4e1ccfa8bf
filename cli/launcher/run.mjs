// node cli/launcher/run.mjs <TypeScript file, from the root> [arguments]: any script of the repository, on a fresh clone
// too. `npm run bench` and `npm run chaos` use it.
import { run } from './bootstrap.mjs';

const [file] = process.argv.splice(2, 1);
await run(`../../${file}`);
