import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../cli/launcher/paths.ts';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunInput {
  env?: Record<string, string>;
  stdin?: string;
  /** Closes our end of its stdout after the first bytes, as `head` does. */
  closeStdout?: boolean;
}

/** The command as a user runs it, without a terminal. */
export function runRecoup(
  args: string[],
  { env = {}, stdin = '', closeStdout = false }: RunInput = {},
): Promise<Ended> {
  const { RECOUP_URL: _url, RECOUP_API_KEY: _key, FORCE_COLOR: _color, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'recoup.mjs'), ...args], { env: { ...inherited, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    if (closeStdout) child.stdout.destroy();
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
