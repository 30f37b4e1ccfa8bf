import { describe, expect, test } from 'vitest';
import { DEFAULT_BREAKER } from '../../policy/health/settings.ts';
import type { Rulebook } from '../../policy/rulebook.ts';
import { RulebookVersionTaken } from '../../store/errors.ts';
import type { Deployment } from '../../store/store.ts';
import { NOW, useStore } from './world.ts';

const opened = useStore();

function rulebook(version: number): Rulebook {
  return { id: 'main', version, rules: [] };
}

describe('rulebooks', () => {
  test('the current one is the last published; publishing an old one again rolls back', async () => {
    const { store } = opened;
    expect(await store.currentRulebook('m-1')).toBeNull();
    await store.publishRulebook('m-1', rulebook(1), 'hash-1');
    await store.publishRulebook('m-1', rulebook(2), 'hash-2');
    expect(await store.currentRulebook('m-1')).toEqual({ rulebook: rulebook(2), hash: 'hash-2' });
    await store.publishRulebook('m-1', rulebook(1), 'hash-1');
    expect(await store.currentRulebook('m-1')).toEqual({ rulebook: rulebook(1), hash: 'hash-1' });
    expect(await store.rulebookByHash('m-1', 'hash-2')).toEqual(rulebook(2));
    expect(await store.currentRulebook('m-2')).toBeNull();
    expect(await store.rulebookByHash('m-2', 'hash-1')).toBeNull();
  });

  test('several workers that publish the same one at start do not get in each other’s way', async () => {
    const publish = () => opened.store.publishRulebook('m-3', rulebook(1), 'hash-1');
    await Promise.all(Array.from({ length: 10 }, publish));
    expect(await opened.store.currentRulebook('m-3')).toEqual({ rulebook: rulebook(1), hash: 'hash-1' });
  });

  test('a published version is immutable', async () => {
    await opened.store.publishRulebook('m-4', rulebook(1), 'hash-1');
    const changed = opened.store.publishRulebook('m-4', rulebook(1), 'hash-other');
    await expect(changed).rejects.toBeInstanceOf(RulebookVersionTaken);
    expect(await opened.store.currentRulebook('m-4')).toMatchObject({ hash: 'hash-1' });
  });
});

test('the deployment is what the last worker wrote', async () => {
  const first: Deployment = {
    mode: 'test',
    timeScale: 60,
    sheets: [],
    breaker: DEFAULT_BREAKER,
    taskQueue: 'payments',
  };
  expect(await opened.store.currentDeployment()).toBeNull();
  await opened.store.publishDeployment(first);
  await opened.store.publishDeployment({ ...first, timeScale: 1 });
  expect(await opened.store.currentDeployment()).toEqual({ ...first, timeScale: 1 });
});

test('an API key is found by its hash, changes its scopes, and never its merchant', async () => {
  const { store } = opened;
  await store.saveApiKey({ keyHash: 'k-1', merchantId: 'm-1', name: 'checkout', scopes: ['orders:write'] });
  await store.saveApiKey({ keyHash: 'k-1', merchantId: 'm-1', name: 'checkout', scopes: ['orders:read', 'x'] });
  await store.saveApiKey({ keyHash: 'k-1', merchantId: 'm-2', name: 'thief', scopes: ['*'] });
  const found = { merchantId: 'm-1', name: 'checkout', scopes: ['orders:read', 'x'] };
  expect(await store.findApiKey('k-1')).toEqual(found);
  expect(await store.findApiKey('k-2')).toBeNull();
});

test('the audit is read back as it was written, oldest first', async () => {
  const { store } = opened;
  const entry = { at: NOW, merchantId: 'm-1', orderId: 'o-1', actor: 'key:checkout', action: 'hold', reason: 'fraud?' };
  await store.audit({ ...entry, detail: { from: 'waiting_buyer' } });
  await store.audit({ ...entry, action: 'release', reason: 'no', detail: {} });
  await store.audit({ ...entry, orderId: null, action: 'publish', detail: {} });
  const audit = await store.listAudit('m-1', 'o-1');
  expect(audit).toEqual([
    { ...entry, detail: { from: 'waiting_buyer' } },
    { ...entry, action: 'release', reason: 'no', detail: {} },
  ]);
});
