// The keeper outlives a launcher that was killed, and then stops what the launcher had started.
//
// It reads commands from stdin, a pipe that only the launcher holds. The end of that pipe is the one sign of death that
// even SIGKILL cannot suppress. It runs in a session of its own, so that killing the launcher's whole process group
// spares it. Plain JavaScript without dependencies: it must start at once and stay small.
//
//   watch <rank> <pid> <signal> <graceMs>   stop this process (lowest rank first) when the launcher is gone
//   forget <pid>                            it has ended
//   remove <path>                           delete this when the launcher is gone
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const watched = new Map();
const leftovers = [];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** Ended, but not reaped by whoever inherited it. Only Linux tells. */
function isZombie(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

async function stop({ pid, signal, graceMs }) {
  const deadline = Date.now() + graceMs;
  send(pid, signal);
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
  if (isAlive(pid)) send(pid, 'SIGKILL');
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [command, ...rest] = line.split(' ');
  if (command === 'watch') {
    const [rank, pid, signal, graceMs] = rest;
    watched.set(Number(pid), { rank: Number(rank), pid: Number(pid), signal, graceMs: Number(graceMs) });
  } else if (command === 'forget') {
    watched.delete(Number(rest[0]));
  } else if (command === 'remove') {
    leftovers.push(rest.join(' '));
  }
});
lines.on('close', async () => {
  const inOrder = [...watched.values()].sort((a, b) => a.rank - b.rank);
  for (const child of inOrder) await stop(child);
  for (const path of leftovers) rmSync(path, { recursive: true, force: true });
  process.exit(0);
});
