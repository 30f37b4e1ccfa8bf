import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DEFAULT_STATE_DIRECTORY } from '../../cli/launcher/paths.ts';
import type { BatchLine } from './report.ts';

const DEFAULT_FILE = join(DEFAULT_STATE_DIRECTORY, 'chaos', 'results.jsonl');

/** Finished batches, a line each: a run that is stopped loses the batch that it was in. */
export class Results {
  private readonly file: string;

  constructor(file: string | undefined) {
    this.file = file === undefined ? DEFAULT_FILE : resolve(file);
  }

  /** One write, so that several runs can share the file. What is wrong with the batch is kept in a file beside it. */
  append(line: BatchLine, complaints: string): void {
    mkdirSync(dirname(this.file), { recursive: true });
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
    if (complaints !== '') writeFileSync(`${this.file}.${line.seed}-${line.batch}.txt`, `${complaints}\n`);
  }

  lines(): BatchLine[] {
    if (!existsSync(this.file)) return [];
    // Another run may be writing: what has no end yet is no line.
    const texts = readFileSync(this.file, 'utf8').split('\n').slice(0, -1);
    return texts.map((text) => JSON.parse(text) as BatchLine);
  }

  nextBatch(seed: number): number {
    return (
      Math.max(
        -1,
        ...this.lines()
          .filter((line) => line.seed === seed)
          .map(({ batch }) => batch),
      ) + 1
    );
  }
}
