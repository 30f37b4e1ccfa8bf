import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readKeyRing } from '../../contract/key-ring.ts';

const keyOf = (name: string) => createHash('sha256').update(name).digest('base64');
const keys = (count: number) => Array.from({ length: count }, (_, at) => keyOf(`key ${at}`));
const read = (text: string) => readKeyRing(text, 'SOME_KEY');
const messageOf = (text: string) => {
  try {
    read(text);
    return 'none';
  } catch (error) {
    return String(error);
  }
};

describe('a key ring', () => {
  test('names and derives the same for ever: what was sealed years ago is opened', () => {
    const [key] = read(keyOf('a key of a test'));
    expect(key.kid).toBe('4JI-47EEbWpTGwws');
    expect(Buffer.from(key.derive('one purpose')).toString('hex')).toBe(
      '4cc86eb0c23786754cac948d6879444fd6675a7a909719fca2732c03b0b78688',
    );
    expect(key.derive('another purpose')).not.toEqual(key.derive('one purpose'));
  });

  test('holds up to ten keys, in their order', () => {
    expect(read(keys(10).join(','))).toHaveLength(10);
    expect(read(keys(3).join(',')).map(({ kid }) => kid)).toEqual(keys(3).map((each) => read(each)[0].kid));
    expect(messageOf(keys(11).join(','))).toBe('SettingInvalid: SOME_KEY must hold at most 10 keys');
    const twice = [...keys(2), keyOf('key 0')].join(',');
    expect(messageOf(twice)).toBe('SettingInvalid: SOME_KEY must not hold the same key twice');
  });

  test('takes a key of eight different bytes, and none of fewer', () => {
    const repeated = (different: number) => Buffer.from(Array.from({ length: 32 }, (_, at) => at % different));
    expect(read(repeated(8).toString('base64'))).toHaveLength(1);
    expect(messageOf(repeated(7).toString('base64'))).toBe(
      'SettingInvalid: SOME_KEY is a placeholder; it must be 32 random bytes in base64 (for example from: openssl rand -base64 32)',
    );
  });

  test('takes one way to write a key only, or two rings that look different would hold the same key', () => {
    const key = keyOf('a key of a test');
    // The last character before the padding stands for four bits and two that nobody reads.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const other = `${key.slice(0, 42)}${alphabet[alphabet.indexOf(key.charAt(42)) + 1]}=`;
    expect(Buffer.from(other, 'base64')).toEqual(Buffer.from(key, 'base64'));
    for (const text of [other, `${key}=`, `=${key}`, `x${key}`, key.slice(0, 43), '']) {
      expect(messageOf(text)).toMatch(
        /^SettingInvalid: SOME_KEY must be 32 random bytes in base64 .*the one that seals first$/,
      );
    }
  });
});
