import { isFree } from '../../cli/launcher/ports.ts';

/*
 * Ports below those that operating systems give to outgoing connections: while a server is killed, no connection of
 * anybody can take its port. Each process has a block of its own by its pid, so that runs beside each other do not meet.
 */
const LOWEST = 10_000;
const BLOCK = 64;
const BLOCKS = 340;

let next = 0;

/** A port of this process on which nobody listens; not given again before all others of the block were. */
export async function chaosPort(): Promise<number> {
  const first = LOWEST + (process.pid % BLOCKS) * BLOCK;
  for (let tries = 0; tries < BLOCK; tries += 1) {
    const port = first + (next++ % BLOCK);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${first} to ${first + BLOCK - 1}`);
}
