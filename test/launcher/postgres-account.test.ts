import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canReach, dataDirectory } from '../../cli/launcher/postgres-account.ts';

const stranger = { uid: 61_234, gid: 61_234 };
let directory = '';
let state = '';
let home = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'recoup-reach-'));
  state = join(directory, 'state');
  home = join(directory, 'home');
  mkdirSync(state);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a folder below one that others may not enter cannot be reached', () => {
  expect(canReach(stranger, state)).toBe(false);
  chmodSync(directory, 0o711);
  expect(canReach(stranger, state)).toBe(true);
});

test('data that its account could not reach lies elsewhere, always at the same place', () => {
  const place = dataDirectory(join(state, 'postgres'), stranger, home);
  expect(place.startsWith(join(home, 'postgres-data'))).toBe(true);
  expect(dataDirectory(join(state, 'postgres'), stranger, home)).toBe(place);
});

test('a new state directory at an old path does not find the old data, and its place is freed', () => {
  const place = dataDirectory(join(state, 'postgres'), stranger, home);
  mkdirSync(place);
  rmSync(state, { recursive: true });
  expect(dataDirectory(join(state, 'postgres'), stranger, home)).not.toBe(place);
  expect(readdirSync(join(home, 'postgres-data'))).toEqual([]);
});

test('an ordinary user, and a root whose folders are open, keep the data where it was asked for', () => {
  expect(dataDirectory(join(state, 'postgres'), undefined, home)).toBe(join(state, 'postgres'));
  chmodSync(directory, 0o711);
  expect(dataDirectory(join(state, 'postgres'), stranger, home)).toBe(join(state, 'postgres'));
});
