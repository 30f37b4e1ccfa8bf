import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { call } from '../../processors/conformance/harness.ts';
import { HttpClient } from '../../processors/http-client.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';
const POST = { method: 'POST', path: '/pay', body: { amountMinor: 1 } } as const;

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server of bare sockets: it sees every byte that a client really sends. */
async function listen(onRequest: (socket: Socket, count: number) => void) {
  const seen = { requests: 0, connections: 0 };
  const server = createServer((socket) => {
    sockets.push(socket);
    seen.connections += 1;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (!bytes.toString().startsWith('POST') && !bytes.toString().startsWith('GET')) return;
      seen.requests += 1;
      onRequest(socket, seen.requests);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { client: new HttpClient(`http://127.0.0.1:${port}`), seen, server, port };
}

const reply = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('the client', () => {
  it('keeps its connection', async () => {
    const { client, seen } = await listen((socket) => socket.write(OK));
    for (let n = 0; n < 3; n += 1) {
      expect(await client.send(POST, call())).toEqual({ kind: 'reply', httpStatus: 200, body: {} });
    }
    expect(seen).toEqual({ requests: 3, connections: 1 });
  });

  it('does not send again when a kept connection dies under the request', async () => {
    const { client, seen } = await listen((socket, count) =>
      count === 1 ? socket.write(OK) : socket.resetAndDestroy(),
    );
    await client.send(POST, call());
    for (const method of ['POST', 'GET'] as const) {
      expect(await client.send({ ...POST, method }, call())).toEqual({ kind: 'fault', fault: 'cut' });
    }
    expect(seen.requests).toBe(3);
  });

  it('calls a kept connection that was closed while idle cut at worst, never sends over it twice', async () => {
    const { client, seen } = await listen((socket, count) => (count === 1 ? socket.end(OK) : socket.write(OK)));
    await client.send(POST, call());
    const second = await client.send(POST, call());
    expect(second.kind === 'reply' || second.fault === 'cut').toBe(true);
    expect(seen.requests).toBeLessThanOrEqual(2);
  });

  it('calls a connection that was never made refused', async () => {
    const { client, server } = await listen(() => {});
    server.close();
    await once(server, 'close');
    expect(await client.send(POST, call())).toEqual({ kind: 'fault', fault: 'refused' });
  });

  it('calls silence a timeout, and a reset or an early end cut', async () => {
    const silent = await listen(() => {});
    expect(await silent.client.send(POST, call(50))).toEqual({ kind: 'fault', fault: 'timeout' });
    const reset = await listen((socket) => socket.resetAndDestroy());
    expect(await reset.client.send(POST, call())).toEqual({ kind: 'fault', fault: 'cut' });
    const ended = await listen((socket) => socket.end());
    expect(await ended.client.send(POST, call())).toEqual({ kind: 'fault', fault: 'cut' });
    const half = await listen((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"status":'));
    expect(await half.client.send(POST, call())).toEqual({ kind: 'fault', fault: 'cut' });
    const slowBody = await listen((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'));
    expect(await slowBody.client.send(POST, call(50))).toEqual({ kind: 'fault', fault: 'timeout' });
    for (const { seen } of [silent, reset, ended, half, slowBody]) expect(seen.requests).toBe(1);
  });

  it('sends nothing when it is told to stop before it began', async () => {
    const { client, seen } = await listen((socket) => socket.write(OK));
    const refused = { kind: 'fault', fault: 'refused' };
    expect(await client.send(POST, { timeoutMs: 100, signal: AbortSignal.abort() })).toEqual(refused);
    expect(await client.send(POST, call(0))).toEqual(refused);
    expect(seen.requests).toBe(0);
  });

  it('gives up when it is told to stop meanwhile', async () => {
    const { client } = await listen(() => {});
    const stop = new AbortController();
    const sent = client.send(POST, { timeoutMs: 5_000, signal: stop.signal });
    setTimeout(() => stop.abort(), 30);
    expect(await sent).toEqual({ kind: 'fault', fault: 'timeout' });
  });

  it('follows no redirect', async () => {
    const { client, seen } = await listen((socket) =>
      socket.write('HTTP/1.1 307 Temporary Redirect\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n'),
    );
    expect(await client.send(POST, call())).toMatchObject({ httpStatus: 307 });
    expect(seen.requests).toBe(1);
  });

  it('reads no body that is not JSON, or larger than 1 MB', async () => {
    const page = await listen((socket) => socket.write(reply('502 Bad Gateway', '<html>')));
    expect(await page.client.send(POST, call())).toEqual({ kind: 'reply', httpStatus: 502, body: undefined });
    const huge = await listen((socket) => socket.write(reply('200 OK', `"${'x'.repeat(2 ** 20)}"`)));
    expect(await huge.client.send(POST, call(2_000))).toEqual({ kind: 'reply', httpStatus: 200, body: undefined });
  });

  it('takes only http and https addresses', () => {
    for (const url of ['ftp://x', 'file:///etc/hosts', 'nonsense'])
      expect(() => new HttpClient(url)).toThrow(TypeError);
  });
});
