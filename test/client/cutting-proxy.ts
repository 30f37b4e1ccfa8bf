import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a gateway: carries requests through and cuts the connection before some of the answers. */
export interface CuttingProxy {
  url: string;
  /** Idempotency-Keys of the requests that came, in order. */
  keys: (string | undefined)[];
  /** How many of the next answers are lost; the requests are carried out. */
  loseAnswers(count: number): void;
  /** The next answers are these statuses instead, and nothing is carried out. */
  answerInstead(statuses: number[]): void;
  close(): Promise<void>;
}

export async function openCuttingProxy(target: string): Promise<CuttingProxy> {
  let toLose = 0;
  const instead: number[] = [];
  const keys: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    const status = instead.shift();
    if (status !== undefined) {
      response.writeHead(status, { 'retry-after': '0' }).end();
      return;
    }
    const answer = await forward(target, request);
    if (toLose > 0) {
      toLose -= 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    loseAnswers: (count) => {
      toLose = count;
    },
    answerInstead: (statuses) => {
      instead.push(...statuses);
    },
    close: () => closeServer(server),
  };
}

async function forward(target: string, request: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.entries(request.headers).filter(
    ([name]) => !['host', 'connection', 'content-length'].includes(name),
  );
  return fetch(`${target}${request.url}`, {
    method: request.method ?? 'GET',
    headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
