import type { Progress } from './progress.ts';

/** One way to obtain a tool. Resolves to its path, or throws with the reason why this way is closed. */
export interface Source {
  name: string;
  find(): Promise<string>;
}

/**
 * Tries the sources in their order and returns what the first good one gives.
 * @throws naming every source and why it failed, and what to do about it.
 */
export async function firstOf(tool: string, sources: Source[], advice: string, progress: Progress): Promise<string> {
  const failures: string[] = [];
  for (const [index, source] of sources.entries()) {
    try {
      return await source.find();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(`  - ${source.name}: ${reason}`);
      // One closed way is nothing to worry about while there is another one.
      const next = sources[index + 1];
      if (next !== undefined)
        progress.note(`${tool}: not by ${source.name} (${shortened(reason)}); next: ${next.name}`);
    }
  }
  throw new Error(`${tool} is missing, and every source of it failed:\n${failures.join('\n')}\n${advice}`);
}

/** The end of a long reason is kept: that is where the cause is. */
function shortened(reason: string): string {
  const line = reason.replaceAll(/\s+/g, ' ');
  return line.length <= 200 ? line : `${line.slice(0, 80)} … ${line.slice(-115)}`;
}
