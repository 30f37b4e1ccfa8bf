import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type CodeExplanation, explainCode } from '../../policy/failures/explain-code.ts';
import { FAILURE_TABLES } from '../../policy/failures/tables.ts';
import { CommandFailed } from './connection.ts';
import type { Output } from './output.ts';

export interface ScopeFlags {
  network?: string;
  region?: string;
}

/** Those that have a table. */
export const SOURCES = [...FAILURE_TABLES.sources].sort();

export function noTableText(sources: string[]): string {
  const named = sources.map((source) => JSON.stringify(source)).join(', ');
  return `error: there is no table of ${named}; there are ${SOURCES.join(', ')}`;
}

export function explainOne(source: string, code: string, scope: ScopeFlags): CodeExplanation {
  return explainCode(source, code, {
    ...(scope.network !== undefined && { network: scope.network }),
    ...(scope.region !== undefined && { region: scope.region }),
  });
}

/** Lines `source,code,network`, the network optional; empty lines are skipped. */
export async function* explainLines(input: Readable, scope: ScopeFlags): AsyncGenerator<CodeExplanation> {
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === '') continue;
    const [source = '', code = '', network = ''] = line.split(',').map((part) => part.trim());
    if (source === '' || code === '') throw new CommandFailed(`Line ${number} is not source,code,network.`);
    yield explainOne(source, code, network === '' ? scope : { ...scope, network });
  }
}

export function sayExplanation(output: Output, explained: CodeExplanation): void {
  const { source, code, known } = explained;
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  output.say(output.bold(`${source} ${code}: ${explained.class ?? 'no class'}${known ? '' : ' (not in our tables)'}`));
  output.say(`  retried at the same processor: ${yes(explained.autoRetrySameProcessor)}`);
  output.say(`  retried at another processor:  ${yes(explained.autoRetryOtherProcessor)}`);
  output.say(`  tried again later:             ${yes(explained.retryLater)}`);
  output.say(`  same instrument again:         ${yes(explained.sameInstrumentAllowed)}`);
  output.say(`  the buyer:                     ${explained.buyerAction}`);
  const { document, edition } = explained;
  if (document) output.say(output.dim(`  source: ${document}${edition ? `, ${edition}` : ''}`));
}
