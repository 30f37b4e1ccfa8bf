import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canReach, reachableDataDirectory } from '../../cli/launcher/postgres-account.ts';

const stranger = { uid: 61_234, gid: 61_234 };

test('a folder below one that others may not enter cannot be reached, so the data lies elsewhere', () => {
  const directory = mkdtempSync(join(tmpdir(), 'recoup-reach-'));
  const data = join(directory, 'inner', 'postgres');
  mkdirSync(join(directory, 'inner'));
  try {
    expect(canReach(stranger, join(directory, 'inner'))).toBe(false);
    expect(reachableDataDirectory(data, stranger)).toMatch(/^\/var\/lib\/recoup\/postgres-data\/.*inner_postgres$/);
    chmodSync(directory, 0o711);
    expect(canReach(stranger, join(directory, 'inner'))).toBe(true);
    expect(reachableDataDirectory(data, stranger)).toBe(data);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('an ordinary user keeps the data where it was asked for', () => {
  expect(reachableDataDirectory('/home/me/recoup/.recoup/postgres', undefined)).toBe(
    '/home/me/recoup/.recoup/postgres',
  );
});
