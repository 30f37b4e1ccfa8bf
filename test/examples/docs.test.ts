/** What the documents say exists, exists: their code, commands, answers and links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/launcher/paths.ts';
import { findScenario } from '../../cli/recoup/scenarios.ts';
import { SEARCH_ATTRIBUTES } from '../../contract/search-attributes.ts';
import { STAGES } from '../../contract/stages.ts';
import { openWorld, type World } from '../gateway/world.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const README = read('README.md');

const documents = ['README.md', 'AGENTS.md', 'CHANGELOG.md', ...markdownUnder('docs')];

function markdownUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(folder, path));
}

/** Code blocks of one language, in order. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, body]) => body ?? '');
}

test('the checkout code of the README is the example that is tested', () => {
  expect(blocks(README, 'ts')[0]).toBe(read('test/examples/checkout.ts'));
});

test('scenarios in commands exist', () => {
  for (const document of documents) {
    for (const [, name = ''] of read(document).matchAll(/recoup trigger (\w+)/g)) {
      expect(findScenario(name), `${name} in ${document}`).toBeDefined();
    }
  }
});

test('npm commands exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const document of documents) {
    for (const [, name = ''] of read(document).matchAll(/`npm run (\w+)/g)) {
      expect(scripts, `npm run ${name} in ${document}`).toHaveProperty(name);
    }
  }
});

test('links to files lead somewhere', () => {
  for (const document of documents) {
    for (const [, target = ''] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|#)/.test(target)) continue;
      const path = join(dirname(document), target.replace(/#.*/, ''));
      expect(existsSync(join(ROOT, path)), `${target} in ${document}`).toBe(true);
    }
  }
});

test('no document tells of a machine: no local paths', () => {
  for (const document of documents) {
    expect(read(document), relative(ROOT, document)).not.toMatch(/\/(root|home|work|tmp)\//);
  }
});

describe('docs/temporal-ui.md', () => {
  const text = read('docs/temporal-ui.md');

  test('tells of every search attribute', () => {
    for (const { name } of SEARCH_ATTRIBUTES) expect(text).toContain(`\`${name}\``);
  });

  test('its links ask for attributes and stages that exist', () => {
    const queries = [...text.matchAll(/workflows\?query=([^&)\s]+)&savedQuery=/g)].map(([, query = '']) =>
      decodeURIComponent(query),
    );
    expect(queries.length).toBeGreaterThanOrEqual(6);
    const names = SEARCH_ATTRIBUTES.map(({ name }) => name);
    for (const query of queries) {
      for (const [name] of query.matchAll(/Payment\w+/g)) expect(names).toContain(name);
      for (const [, stage] of query.matchAll(/PaymentStage\W+"(\w+)"/g)) expect(STAGES).toContain(stage);
    }
  });
});

describe('the HTTP call of the README', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(async () => {
    await world.close();
  });

  test('gives the answer of the README', async () => {
    const [, body = ''] = /-d '(\{.*?\})'/s.exec(README) ?? [];
    const [shown = '{}'] = blocks(README, 'json');
    const response = await world.post('/v1/orders', JSON.parse(body));
    expect(response.status).toBe(201);
    expect(stable(await response.json())).toEqual(stable(JSON.parse(shown)));
  });

  /** Without what differs from order to order; the rulebook's hash does not. */
  function stable(answer: unknown): unknown {
    const differs = new Set(['id', 'key', 'startedAt', 'endedAt']);
    return JSON.parse(JSON.stringify(answer), (name, value) =>
      differs.has(name) && typeof value === 'string' && value !== 'default' ? name : value,
    );
  }
});
