import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/launcher/paths.ts';
import { type Modules, readModules, violations } from './inspect.ts';
import { readSource } from './source.ts';

const modules = readModules(ROOT);
const LEAST_MODULES = 60;
const LONGEST_FILE_LINES = 300;
const LONGEST_FUNCTION_LINES = 70;

/** The real modules plus one made-up file: what would be said if somebody wrote it? */
function saidAbout(path: string, text: string): string[] {
  const withCanary: Modules = new Map([...modules, [path, readSource(text)]]);
  return violations(withCanary).filter((line) => line.startsWith(path));
}

describe('the house', () => {
  test('every import stays on its floor', () => {
    expect(violations(modules)).toEqual([]);
  });

  test('the test really read the modules', () => {
    expect(modules.size).toBeGreaterThan(LEAST_MODULES);
    expect([...modules.values()].flatMap(({ imports }) => imports).length).toBeGreaterThan(LEAST_MODULES);
  });
});

describe('canaries: each of these would be found', () => {
  test.each([
    ['a value import', "import { claim } from '../store/claim.ts';"],
    ['a type-only import', "import type { Claim } from '../store/claim.ts';"],
    ['an inline type', "type Claim = import('../store/claim.ts').Claim;"],
    ['a re-export', "export * from '../store/claim.ts';"],
    ['a named re-export', "export { claim } from '../store/claim.ts';"],
    ['a side-effect import', "import '../store/claim.ts';"],
    ['a dynamic import', "const store = () => import('../store/claim.ts');"],
    ['a require', "const store = require('../store/claim.ts');"],
  ])('%s of the store in a workflow', (_, text) => {
    expect(saidAbout('workflows/canary.ts', text)).toEqual([
      expect.stringContaining('workflows/canary.ts imports store/claim.ts: workflows decide when and in what order'),
    ]);
  });

  test('an activity by value, while its types are allowed', () => {
    const path = 'workflows/canary.ts';
    expect(saidAbout(path, "import { charge } from '../activities/charge.ts';")[0]).toContain(
      '`import type` is allowed',
    );
    expect(saidAbout(path, "import type { charge } from '../activities/charge.ts';")).toEqual([]);
  });

  test('zod in a workflow, by a detour through contract/', () => {
    const detour = readSource("import { z } from 'zod'; export const schema = z.string();");
    const canary = readSource("import { schema } from '../contract/canary.ts';");
    const lines = violations(
      new Map([
        ['contract/canary.ts', detour],
        ['workflows/canary.ts', canary],
      ]),
    );
    expect(lines).toEqual([expect.stringContaining('workflows/canary.ts → ../contract/canary.ts'.replace('../', ''))]);
    expect(lines[0]).toContain('→ zod');
  });

  test.each(['Date.now()', 'new Date()', 'Math.random()', "fetch('x')", 'process.env.X'])('%s in policy/', (use) => {
    expect(saidAbout('policy/canary.ts', `export const x = ${use};`)).toHaveLength(1);
  });

  test('a package in policy/, our code in the simulator, a computed import, a folder without a floor', () => {
    expect(saidAbout('policy/canary.ts', "import { z } from 'zod';")).toHaveLength(1);
    expect(saidAbout('simulator/canary.ts', "import { decide } from '../policy/decide.ts';")).toHaveLength(1);
    expect(saidAbout('gateway/canary.ts', 'const x = (path: string) => import(path);')).toHaveLength(1);
    expect(saidAbout('helpers/canary.ts', 'export {};')).toHaveLength(1);
  });

  test('the worker and the client beside the database may import what they are for', () => {
    expect(saidAbout('client/temporal/canary.ts', "import { read } from '../../store/read.ts';")).toEqual([]);
    expect(saidAbout('client/canary.ts', "import { read } from '../store/read.ts';")).toHaveLength(1);
    expect(saidAbout('client/canary.ts', "import { open } from './temporal/index.ts';")).toHaveLength(1);
    expect(saidAbout('client/canary.ts', "const open = () => import('./temporal/index.ts');")).toEqual([]);
    expect(saidAbout('worker/canary.ts', "import { charge } from '../activities/charge.ts';")).toEqual([]);
  });
});

describe('size', () => {
  test(`no file has more than ${LONGEST_FILE_LINES} lines`, () => {
    const lines = (path: string) => readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1;
    expect([...modules.keys()].filter((path) => lines(path) > LONGEST_FILE_LINES)).toEqual([]);
  });

  test(`no function has more than ${LONGEST_FUNCTION_LINES} lines`, () => {
    const tooLong = [...modules].filter(([path, source]) => {
      return !path.startsWith('test/') && source.longestFunctionLines > LONGEST_FUNCTION_LINES;
    });
    expect(tooLong.map(([path, source]) => `${path}: ${source.longestFunctionLines}`)).toEqual([]);
  });

  test('canary: a long function is measured wherever it stands, also behind words of more than one byte', () => {
    const lines = 'work();\n'.repeat(80);
    expect(readSource(`const größe = 'ß';\nfunction long() {\n${lines}}`).longestFunctionLines).toBe(82);
    expect(readSource(`class A {\n  long() {\n${lines}}\n}`).longestFunctionLines).toBe(82);
  });
});
