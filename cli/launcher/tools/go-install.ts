import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from '../paths.ts';
import { runCommand } from './command.ts';
import type { Progress } from './progress.ts';

export interface GoProgram {
  /** With its version: `github.com/…/cmd/name@v1.2.3`. */
  module: string;
  /** As `go install` names it. */
  program: string;
  limitMs: number;
  /** What is said while it builds. */
  title: string;
}

/**
 * Builds a program beside its target and moves it there when it is whole.
 * @throws when there is no Go, the build fails, or `check` refuses what was built.
 */
export async function goInstall(
  { module, program, limitMs, title }: GoProgram,
  target: string,
  progress: Progress,
  check: (path: string) => Promise<unknown> = async () => {},
): Promise<string> {
  if (findOnPath('go') === undefined) throw new Error('no `go` in PATH');
  const directory = `${target}.${process.pid}.build`;
  mkdirSync(directory, { recursive: true });
  try {
    const env = { ...process.env, GOBIN: directory };
    await progress.step(title, () => runCommand('go', ['install', module], { timeoutMs: limitMs, env }));
    const built = join(directory, program);
    await check(built);
    renameSync(built, target);
    return target;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
