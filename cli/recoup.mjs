#!/usr/bin/env node
// The `recoup` command. TypeScript is compiled as it is loaded, in this very process.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./recoup/main.ts');
await main(process.argv.slice(2));
