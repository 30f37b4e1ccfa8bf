import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Recoup } from '../../client/index.ts';
import { errorOf } from './error-of.ts';

const KEY = 'rk_test_somebodysomebody';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Some other server, and how often it was asked. */
async function answering(status: number, contentType: string, body: string, headers: Record<string, string> = {}) {
  const asked = { times: 0 };
  const server = createServer((_request, response) => {
    asked.times += 1;
    response.writeHead(status, { 'content-type': contentType, ...headers }).end(body);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, recoup: new Recoup({ baseUrl, apiKey: KEY, maxSends: 3 }) };
}

describe('an address that no gateway can have is refused at once', () => {
  test.each([
    '',
    'localhost:4100',
    '/v1',
    'ftp://shop.test',
    'http://',
    'https://a:b@shop.test',
    'http://x/?y',
    undefined,
  ])('%s', (baseUrl) => {
    const open = () => new Recoup({ baseUrl, apiKey: KEY } as never);
    expect(open).toThrow('baseUrl must be an http or https address');
    expect(open).toThrow(expect.objectContaining({ code: 'settings_invalid', retryable: false }));
  });

  test.each(['', 'two words', 'a\nb', undefined])('and a key that no header can carry: %j', (apiKey) => {
    const open = () => new Recoup({ baseUrl: 'http://127.0.0.1:4100', apiKey } as never);
    expect(open).toThrow(expect.objectContaining({ code: 'settings_invalid' }));
    expect(open).toThrow(/^apiKey must be/);
  });

  test('a path before ours is none of those', () => {
    for (const baseUrl of ['http://127.0.0.1:4100/', 'https://shop.test/recoup', 'HTTPS://shop.test']) {
      expect(() => new Recoup({ baseUrl, apiKey: KEY })).not.toThrow();
    }
  });
});

describe('an answer of some other server', () => {
  test.each([
    ['a page', 200, 'text/html', '<h1>Hello</h1>'],
    ['nothing', 200, 'text/plain', ''],
    ['a page that says no', 404, 'text/html', '<h1>Not found</h1>'],
    ['a refusal in other words', 404, 'application/json', '{"detail":"Not Found"}'],
    ['JSON that is no object', 200, 'application/json', '"hello"'],
    ['a redirect', 302, 'text/html', ''],
  ])('%s: said to be none of ours, and not asked for again', async (_name, status, type, body) => {
    const { asked, recoup } = await answering(status, type, body, { location: '/login' });
    const error = await errorOf(recoup.orders.get('o-1'));
    expect(error).toMatchObject({ code: 'settings_invalid', retryable: false });
    expect(error.message).toBe(`The answer (HTTP ${status}) was not Recoup's: is baseUrl a gateway?`);
    expect(asked.times).toBe(1);
  });

  test.each([502, 503, 429])('%i of something on the way is waited out', async (status) => {
    const { asked, recoup } = await answering(status, 'text/html', '<h1>Busy</h1>', { 'retry-after': '0' });
    expect(await errorOf(recoup.orders.get('o-1'))).toMatchObject({ retryable: true });
    expect(asked.times).toBe(3);
  });
});

describe('a refusal', () => {
  const fields = [
    { path: '$.amount.minor', must: 'must be at least 1' },
    { path: '$.orderId', must: 'must be of type string' },
  ];
  const problem = { code: 'request_invalid', title: 'A field is missing, unknown or out of range', fields };

  test('names the first field in its message, and has all of them', async () => {
    const { recoup } = await answering(400, 'application/problem+json', JSON.stringify(problem));
    const error = await errorOf(recoup.orders.get('o-1'));
    expect(error.message).toBe('$.amount.minor must be at least 1');
    expect(error.fields).toEqual(fields);
  });

  test('with words of its own keeps them', async () => {
    const told = JSON.stringify({ ...problem, detail: 'A query parameter comes twice.' });
    const { recoup } = await answering(400, 'application/problem+json', told);
    expect((await errorOf(recoup.orders.get('o-1'))).message).toBe('A query parameter comes twice.');
  });

  test('under a code that a newer gateway has is one all the same', async () => {
    const told = JSON.stringify({ code: 'quite_new', title: 'Something new', status: 409 });
    const { recoup } = await answering(409, 'application/problem+json', told);
    expect(await errorOf(recoup.orders.get('o-1'))).toMatchObject({
      code: 'request_invalid',
      message: 'Something new',
    });
  });
});
