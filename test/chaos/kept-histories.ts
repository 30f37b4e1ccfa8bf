import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireOfWorker } from '../setup/history-json.ts';
import type { MadeHistory } from '../setup/replays.ts';
import { type Replays, replayEach } from './replay.ts';

/** Histories outlive the servers that made them: a later build has to replay what an earlier one wrote. */
const SUFFIX = '.history';

interface HistoryType {
  encode(history: MadeHistory['history']): { finish(): Uint8Array };
  decode(bytes: Uint8Array): MadeHistory['history'];
}

function historyType(): HistoryType {
  return requireOfWorker()('@temporalio/proto').temporal.api.history.v1.History;
}

/** One file for each, named by the sources that made it and by its workflow. */
export function keepHistory(folder: string, sources: string, { workflowId, history }: MadeHistory): void {
  mkdirSync(folder, { recursive: true });
  const name = `${sources}.${encodeURIComponent(workflowId)}${SUFFIX}`;
  writeFileSync(join(folder, name), historyType().encode(history).finish());
}

export interface KeptHistory extends MadeHistory {
  sources: string;
}

export function* keptHistories(folder: string): Generator<KeptHistory> {
  for (const name of readdirSync(folder).filter((each) => each.endsWith(SUFFIX))) {
    const [sources = '', ...rest] = name.slice(0, -SUFFIX.length).split('.');
    const history = historyType().decode(readFileSync(join(folder, name)));
    yield { sources, workflowId: decodeURIComponent(rest.join('.')), history };
  }
}

/** All of them on today's code, and how many each state of the sources had made. */
export async function replayKept(folder: string): Promise<Replays & { madeBy: Record<string, number> }> {
  const madeBy: Record<string, number> = {};
  const all = async function* () {
    for (const { sources, ...made } of keptHistories(folder)) {
      madeBy[sources] = (madeBy[sources] ?? 0) + 1;
      yield made;
    }
  };
  return { ...(await replayEach(all())), madeBy };
}
