import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP connection that can be cut, held and mended, between one of our processes and a real server. */
export interface Cable {
  port: number;
  /** Every connection breaks, and new ones do too. */
  cut(): void;
  /** Nothing breaks, but no byte gets through in either direction until it is mended. */
  hold(): void;
  /** What is said gets through, what is answered does not, until it is mended. */
  deafen(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param delayMs how long each byte is under way, in either direction. */
export async function openCable(host: string, port: number, delayMs = 0): Promise<Cable> {
  /** Both ends of every connection; true for the server's. */
  const sockets = new Map<Socket, boolean>();
  let state: 'whole' | 'held' | 'deaf' | 'cut' = 'whole';
  const passOn = (socket: Socket, isServer: boolean) => {
    if (state === 'held' || (state === 'deaf' && isServer)) socket.pause();
    else socket.resume();
  };
  const carry = (from: Socket, to: Socket) => {
    if (delayMs === 0) return void from.pipe(to);
    from.on('data', (chunk) => setTimeout(() => void (to.destroyed || to.write(chunk)), delayMs));
    from.on('end', () => setTimeout(() => to.end(), delayMs));
  };
  const server: Server = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(port, host);
    for (const [one, other, isServer] of [
      [near, far, false],
      [far, near, true],
    ] as const) {
      one.setNoDelay(true);
      sockets.set(one, isServer);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      carry(one, other);
      passOn(one, isServer);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const become = (next: typeof state) => {
    state = next;
    for (const [socket, isServer] of sockets) {
      if (next === 'cut') socket.destroy();
      else passOn(socket, isServer);
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => become('cut'),
    hold: () => become('held'),
    deafen: () => become('deaf'),
    mend: () => become('whole'),
    close: () => {
      become('cut');
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
