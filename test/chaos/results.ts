import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
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

  append(line: BatchLine): void {
    mkdirSync(dirname(this.file), { recursive: true });
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  lines(): BatchLine[] {
    if (!existsSync(this.file)) return [];
    const texts = readFileSync(this.file, 'utf8').split('\n');
    return texts.filter((text) => text !== '').map((text) => JSON.parse(text) as BatchLine);
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
