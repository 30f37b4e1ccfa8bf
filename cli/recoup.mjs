#!/usr/bin/env node
// The `recoup` command. TypeScript is compiled as it is loaded, in this very process.
try {
  const { register } = await import('tsx/esm/api');
  register();
} catch {
  process.stderr.write('The npm packages are not installed yet. Run `npm start` once, or `npm ci`.\n');
  process.exit(1);
}
const { main } = await import('./recoup/main.ts');
await main(process.argv.slice(2));
