import { describe, expect, test } from 'vitest';
import { FAILURE_TABLES } from '../../policy/failures/tables.ts';
import { runRecoup } from './run-recoup.ts';

const explain = (...args: string[]) => runRecoup(['explain-code', ...args]);

describe('explain-code', () => {
  test('explains one code', async () => {
    const { code, stdout } = await explain('simulator', 'stolen_card', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'simulator',
      code: 'stolen_card',
      known: true,
      class: 'hard_decline',
      sameInstrumentAllowed: false,
    });
  });

  test('a code that no table has is answered all the same', async () => {
    const { code, stdout } = await explain('simulator', 'nobody_knows');
    expect(code).toBe(0);
    expect(stdout).toContain('unclassified (not in our tables)');
    expect(stdout).not.toContain('()');
    expect(JSON.parse((await explain('simulator', 'nobody_knows', '--json')).stdout)).toMatchObject({ known: false });
  });

  test('names the sources that have a table, and no others', async () => {
    const { stdout } = await explain('--help');
    for (const source of FAILURE_TABLES.sources) expect(stdout).toContain(source);
    expect(stdout).not.toMatch(/stripe|adyen|iso8583|braintree|checkout_com/);
  });

  test.each([
    ['no code', ['simulator'], 'a source and a code'],
    ['a source without a table', ['stripe', 'card_declined'], 'there is no table of "stripe"; there are'],
  ])('%s: exit 2, the message on stderr, nothing on stdout', async (_name, args, words) => {
    const { code, stdout, stderr } = await explain(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });

  test('explains lines from stdin, and says which one it cannot read', async () => {
    const good = await runRecoup(['explain-code', '--stdin', '--json'], {
      stdin: 'simulator,ok_not\n\nvisa,14,visa\n',
    });
    expect(good.code).toBe(0);
    expect(good.stdout.trim().split('\n')).toHaveLength(2);
    const bad = await runRecoup(['explain-code', '--stdin', '--json'], { stdin: 'simulator\n' });
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain('Line 1');
    expect((await runRecoup(['explain-code', '--stdin'], { stdin: '' })).code).toBe(0);
  });

  test('lines of a source without a table leave the others answered, and end in exit 2', async () => {
    const stdin = 'visa,14,visa\nstripe,card_declined\nsimulator,stolen_card\n';
    const { code, stdout, stderr } = await runRecoup(['explain-code', '--stdin', '--json'], { stdin });
    const answered = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answered.map(({ source, known }) => [source, known])).toEqual([
      ['visa', true],
      ['stripe', false],
      ['simulator', true],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no table of "stripe"');
  });
});
