import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { anyFreePort, choosePorts, DEFAULT_PORTS, isFree } from '../../cli/launcher/ports.ts';

const servers: Server[] = [];

function occupy(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    servers.push(server.listen(port, '127.0.0.1', resolve));
  });
}

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

test('a taken default port becomes the next free one', async () => {
  if (await isFree(DEFAULT_PORTS.gateway)) await occupy(DEFAULT_PORTS.gateway);
  expect((await choosePorts({}, {})).gateway).toBeGreaterThan(DEFAULT_PORTS.gateway);
});

test('no port is given twice', async () => {
  const ports = Object.values(await choosePorts({}, {}));
  expect(new Set(ports).size).toBe(ports.length);
});

test('a flag wins over the environment', async () => {
  const [flag, variable] = [await anyFreePort(), await anyFreePort()];
  const env = { GATEWAY_PORT: String(variable) };
  expect((await choosePorts({ 'gateway-port': String(flag) }, env)).gateway).toBe(flag);
  expect((await choosePorts({}, env)).gateway).toBe(variable);
});

test('a port that was asked for and is taken is an error, as is one that is none', async () => {
  const port = await anyFreePort();
  await occupy(port);
  await expect(choosePorts({ 'gateway-port': String(port) }, {})).rejects.toThrow(`port ${port} is taken`);
  await expect(choosePorts({}, { SIMULATOR_PORT: 'soon' })).rejects.toThrow('soon is not a port');
});
