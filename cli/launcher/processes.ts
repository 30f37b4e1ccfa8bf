import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { runCommand } from './tools/command.ts';

/** The command line of a process, or an empty text when there is none. */
export async function processCommand(pid: number): Promise<string> {
  if (platform() === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  }
  const ps = runCommand('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { timeoutMs: 5_000 });
  return (await ps.catch(() => '')).trim();
}
