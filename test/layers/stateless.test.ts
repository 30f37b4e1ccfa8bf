import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/launcher/paths.ts';

/** Loaded once in a process, and shared by all its orders, callers and test files: what one left there another would find. */
const SHARED = [
  'workflows',
  'policy',
  'contract',
  'activities',
  'client',
  'gateway',
  'processors',
  'simulator',
  'store',
  'worker',
];

interface Declaration {
  type: string;
  kind?: string;
  declaration?: Declaration;
  declarations?: {
    init: { type: string; elements?: unknown[]; properties?: unknown[]; arguments?: unknown[] } | null;
  }[];
}

/** Variables of a module that may change, and containers that are filled later. */
function stateOf(text: string): number {
  const { body } = parseSync(text, { syntax: 'typescript' }) as unknown as { body: Declaration[] };
  let found = 0;
  for (const statement of body) {
    const declared = statement.type === 'ExportDeclaration' ? statement.declaration : statement;
    if (declared?.type !== 'VariableDeclaration') continue;
    const changes = declared.kind !== 'const';
    found += declared.declarations?.filter(({ init }) => changes || isEmptyContainer(init)).length ?? 0;
  }
  return found;
}

function isEmptyContainer(init: NonNullable<Declaration['declarations']>[number]['init']): boolean {
  switch (init?.type) {
    case 'ArrayExpression':
      return init.elements?.length === 0;
    case 'ObjectExpression':
      return init.properties?.length === 0;
    case 'NewExpression':
      return (init.arguments ?? []).length === 0;
    default:
      return false;
  }
}

describe('modules that all orders of a process share', () => {
  test.each(SHARED)('%s/ keeps no state outside of its functions', (folder) => {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    const typescript = files.filter((file) => file.endsWith('.ts'));
    expect(typescript.length).toBeGreaterThan(4);
    const stateful = typescript.filter((file) => stateOf(readFileSync(join(ROOT, folder, file), 'utf8')) > 0);
    expect(stateful, 'Keep it in the order’s state, or in the object that its function is given.').toEqual([]);
  });

  test.each(['let orders = 0;', 'export let last = null;', 'const seen = new Map();', 'const all: string[] = [];'])(
    'the test can fail: %s',
    (line) => expect(stateOf(line)).toBe(1),
  );

  test.each(["const NAMES = ['a'];", 'const KINDS = new Set([1]);', 'export function f() { let x = 0; return x; }'])(
    'constants and functions are fine: %s',
    (line) => expect(stateOf(line)).toBe(0),
  );
});
