/**
 * `npm run mutate` changes one thing at a time in the code that decides about money and asks whether a test notices.
 * `npm run mutate -- keys plan` only those groups, `-- --files policy/plan/route.ts` only those files of them.
 * Results are kept in `.recoup/mutation`: a second run asks again only about what has changed. docs/mutation-testing.md.
 */
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { GROUPS, type Group } from './groups.ts';

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

const FOLDER = '.recoup/mutation';
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string' },
    force: { type: 'boolean', default: false },
    // What runs only while a module loads needs a process for each mutant: most of the time, for few of the mutants.
    quick: { type: 'boolean', default: false },
  },
});

function chosenGroups(): readonly Group[] {
  if (positionals.length === 0) return GROUPS;
  const unknown = positionals.filter((name) => !GROUPS.some((group) => group.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`No group ${unknown.join(', ')}; there are ${GROUPS.map(({ name }) => name).join(', ')}.\n`);
    process.exit(2);
  }
  return GROUPS.filter(({ name }) => positionals.includes(name));
}

function mutate({ name, mutate, texts }: Group): Promise<MutantResult[]> {
  const stryker = new Stryker({
    mutate: values.files?.split(',') ?? mutate,
    mutator: { excludedMutations: texts ? [] : ['StringLiteral'] },
    force: values.force,
    ignoreStatic: values.quick,
    testRunner: 'in-process',
    incrementalFile: `${FOLDER}/${name}.json`,
    jsonReporter: { fileName: `${FOLDER}/${name}-report.json` },
    tempDirName: `${FOLDER}/sandbox-${name}`,
  });
  return stryker.runMutationTest();
}

/** A mutant that ran into the time limit or broke the run was noticed too. */
function score(results: MutantResult[]): string {
  const count = (...statuses: MutantResult['status'][]) =>
    results.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  const asked = noticed + count('Survived', 'NoCoverage');
  const share = asked === 0 ? 'none' : `${((100 * noticed) / asked).toFixed(1)} %`;
  return `${share}: ${noticed} of ${asked} noticed, ${count('Survived')} survived, ${count('NoCoverage')} not covered`;
}

mkdirSync(FOLDER, { recursive: true });
const scores: string[] = [];
for (const group of chosenGroups()) scores.push(`${group.name.padEnd(10)} ${score(await mutate(group))}`);
process.stdout.write(`${scores.join('\n')}\n`);
