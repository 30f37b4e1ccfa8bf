import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { WebhookRejected } from '../../processors/port.ts';
import { StandardWebhookReader } from '../../processors/standard-webhook.ts';

const SECRET = `whsec_${Buffer.from('twenty-four bytes at least').toString('base64')}`;
/** Base64 whose last character says more than the bytes: two texts would be the same secret. */
const STRAY_BITS = `whsec_${Buffer.from('and twenty-six bytes, here').toString('base64').replace(/.=$/, 'R=')}`;
const NOW_S = 1_800_000_000;
const reader = new StandardWebhookReader(SECRET);

function signed(body: string, { id = 'msg_1', timestamp = String(NOW_S), secret = SECRET, decoys = 0 } = {}) {
  const signature = new Webhook(secret).sign(id, new Date(Number.parseInt(timestamp, 10) * 1000), body);
  const list = [...new Array<string>(decoys).fill('v1,AAAA'), signature].join(' ');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': list };
}
const read = (body: string | Uint8Array, headers: Record<string, string>) => {
  try {
    return reader.read(typeof body === 'string' ? Buffer.from(body) : body, headers, NOW_S * 1000);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

describe('a standard webhook', () => {
  it('is read when it is genuine, whatever the case of its headers', () => {
    const headers = Object.fromEntries(
      Object.entries(signed('{"a":1}')).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect(read('{"a":1}', headers)).toEqual({ id: 'msg_1', body: { a: 1 } });
  });

  it('may bring up to eight signatures, and not a thousand', () => {
    expect(read('{}', signed('{}', { decoys: 7 }))).toEqual({ id: 'msg_1', body: {} });
    expect(read('{}', signed('{}', { decoys: 8 }))).toBe('webhook_signature_invalid');
    expect(read('{}', signed('{}', { decoys: 1_000 }))).toBe('webhook_signature_invalid');
  });

  it('is refused with a timestamp that a lenient reader would take', () => {
    for (const timestamp of [`${NOW_S}abc`, ` ${NOW_S}`, `+${NOW_S}`, `${NOW_S}.0`, `0${NOW_S}`, '123abc', '1e9']) {
      expect(read('{}', signed('{}', { timestamp }))).toBe('webhook_signature_invalid');
    }
  });

  it('is refused with an id that could join with the timestamp, or is too long', () => {
    for (const id of ['a.1', 'a b', 'é', 'x'.repeat(129)]) {
      expect(read('{}', signed('{}', { id }))).toBe('webhook_signature_invalid');
    }
  });

  it('is refused when another secret signed it, in another version, or with a part of the signature', () => {
    const secret = `whsec_${Buffer.from('twenty-four other bytes, too').toString('base64')}`;
    expect(read('{}', signed('{}', { secret }))).toBe('webhook_signature_invalid');
    const headers = signed('{}');
    const signature = headers['webhook-signature'];
    for (const wrong of [
      signature.replace('v1,', 'v1a,'),
      signature.slice(3),
      signature.slice(0, -1),
      `${signature}=`,
      '',
    ]) {
      expect(read('{}', { ...headers, 'webhook-signature': wrong })).toBe('webhook_signature_invalid');
    }
  });

  it('is refused when its bytes merely decode to what was signed', () => {
    const body = '{"name":"\ufffd"}';
    const headers = signed(body);
    expect(read(body, headers)).toEqual({ id: 'msg_1', body: { name: '\ufffd' } });
    const bytes = Buffer.from(body);
    const at = bytes.indexOf(Buffer.from('\ufffd'));
    const broken = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]);
    expect(broken.toString()).toBe(body);
    expect(read(broken, headers)).toBe('webhook_signature_invalid');
  });

  it('says what is wrong with it, and that it was not stored', () => {
    const said = (body: Uint8Array, headers: Record<string, string>, nowS = NOW_S) => {
      try {
        return reader.read(body, headers, nowS * 1000);
      } catch (error) {
        return (error as Error).message;
      }
    };
    const body = Buffer.from('{}');
    const headers = signed('{}');
    const { 'webhook-id': _id, ...nameless } = headers;
    const { 'webhook-timestamp': _timestamp, ...timeless } = headers;
    expect(said(body, nameless)).toBe('The webhook id is missing or malformed. It was not stored.');
    expect(said(body, timeless)).toBe('The webhook timestamp is missing or malformed. It was not stored.');
    expect(said(body, headers, NOW_S + 301)).toBe('The webhook is too old or too new. It was not stored.');
    expect(said(body, signed('{}', { decoys: 8 }))).toBe('More than 8 signatures. It was not stored.');
    expect(said(Buffer.from('[]'), headers)).toBe('No signature fits these bytes. It was not stored.');
    expect(said(Buffer.from([0xff]), headers)).toBe('The body is not UTF-8. It was not stored.');
    expect(said(Buffer.from('x'), signed('x'))).toBe('The signed body is no JSON. It was not stored.');
  });

  it('is verified byte by byte: a byte order mark is a part of what was signed', () => {
    const body = '\ufeff{}';
    expect(read(body, signed(body))).toBe('webhook_body_invalid');
    expect(read('{}', signed(body))).toBe('webhook_signature_invalid');
  });

  it('is read up to five minutes before and after it was sent', () => {
    const at = (offsetS: number) => () => reader.read(Buffer.from('{}'), signed('{}'), (NOW_S + offsetS) * 1000);
    for (const offsetS of [-300, 300]) expect(at(offsetS)).not.toThrow();
    for (const offsetS of [-301, 301]) expect(at(offsetS)).toThrow(WebhookRejected);
  });

  it('that is signed and no JSON is an invalid body, not an exception of the parser', () => {
    expect(read('not json', signed('not json'))).toBe('webhook_body_invalid');
  });
});

it('a secret of at least 24 bytes is taken, in base64 that is padded or not', () => {
  for (const text of ['twenty-four bytes, exact', 'twenty-five bytes, 1 less', 'and twenty-six bytes, here']) {
    const secret = `whsec_${Buffer.from(text).toString('base64')}`;
    const headers = signed('{}', { secret });
    expect(new StandardWebhookReader(secret).read(Buffer.from('{}'), headers, NOW_S * 1000).id).toBe('msg_1');
    expect(() => new StandardWebhookReader(secret.replace(/=+$/, ''))).not.toThrow();
  }
});

it('a secret that is too short or malformed is refused at start, without being repeated', () => {
  const short = `whsec_${Buffer.from('23 bytes are not enough').toString('base64')}`;
  const wrong = [
    '',
    'whsec_',
    'whsec_QQ==',
    short,
    SECRET.slice(6),
    `${SECRET}!`,
    SECRET.replace('whsec', 'sk'),
    `x${SECRET}`,
    STRAY_BITS,
  ];
  for (const secret of wrong) {
    const open = () => new StandardWebhookReader(secret);
    expect(open).toThrow(TypeError);
    expect(open).toThrow(/^A webhook secret is whsec_ and base64 of at least 24 bytes\.$/);
  }
});
