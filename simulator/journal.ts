import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { Write } from './model.ts';

const NEWLINE = 0x0a;

/**
 * The state file: one JSON line per commit, in the order in which they happened. It is written with one plain append
 * before the answer leaves, without fsync: it has to outlive this process, not a loss of power.
 */
export class Journal {
  readonly #path: string;
  #file: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Every commit so far. A last line cut by a kill was never answered, so it never happened. */
  read(): Write[][] {
    if (!existsSync(this.#path)) return [];
    const bytes = readFileSync(this.#path);
    const commits: Write[][] = [];
    // Cut by bytes: a long history would not fit into one string.
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end === -1) break;
      commits.push(JSON.parse(bytes.toString('utf8', start, end)) as Write[]);
      start = end + 1;
    }
    return commits;
  }

  /** Replaces the history by what it amounts to, then stays open for appending. */
  start(snapshot: Iterable<Write>): void {
    const temporaryPath = `${this.#path}.new`;
    const temporary = openSync(temporaryPath, 'w', 0o600);
    for (const write of snapshot) writeSync(temporary, `${JSON.stringify([write])}\n`);
    closeSync(temporary);
    renameSync(temporaryPath, this.#path);
    this.#file = openSync(this.#path, 'a', 0o600);
  }

  append(writes: Write[]): void {
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify(writes)}\n`);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
