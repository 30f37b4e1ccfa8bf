import { findApiKey, listAudit, saveApiKey, saveAudit } from './access.ts';
import { listCardTries, readCards } from './cards.ts';
import { claimOperation, recallAnswer, recordAnswer, recordOutcome, saveProgress } from './claims.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { openIdempotency } from './idempotency.ts';
import { listIdentityKeys, listSealingKeyUse, saveIdentityKey } from './identity-keys.ts';
import { listUnappliedEvents, parkEvent, storeProcessorEvent } from './inbox.ts';
import {
  findByReference,
  findOrder,
  listOpenOrders,
  listOperations,
  listOrders,
  listOutbox,
  listTimeline,
} from './orders.ts';
import { openHealth } from './processor-health.ts';
import { currentDeployment, currentRulebook, publishDeployment, publishRulebook, rulebookByHash } from './rulebooks.ts';
import type { Store } from './store.ts';

/**
 * Opens the store over a database that `migrate` has brought up to date. One for each process, shared by all its work;
 * it survives a restart of the database. `close` waits for calls under way.
 * @throws StoreUnavailable when the database cannot be reached
 */
export async function openStore(databaseUrl: string, options: DatabaseOptions = {}): Promise<Store> {
  const database = new Database(databaseUrl, options);
  const store = storeOver(database);
  try {
    await store.ping();
  } catch (error) {
    await database.close();
    throw error;
  }
  return store;
}

function storeOver(database: Database): Store {
  return {
    claimOperation: (input) => claimOperation(database, input),
    recordOutcome: (input) => recordOutcome(database, input),
    recordAnswer: (input) => recordAnswer(database, input),
    recallAnswer: (input) => recallAnswer(database, input),
    saveProgress: (progress) => saveProgress(database, progress),
    findOrder: (merchantId, orderId) => findOrder(database, merchantId, orderId),
    listOrders: (query) => listOrders(database, query),
    listTimeline: (merchantId, orderId) => listTimeline(database, merchantId, orderId),
    listOperations: (merchantId, orderId) => listOperations(database, merchantId, orderId),
    readCards: (input) => readCards(database, input),
    listCardTries: (merchantId, identity) => listCardTries(database, merchantId, identity),
    findByReference: (processor, reference) => findByReference(database, processor, reference),
    listOpenOrders: (input) => listOpenOrders(database, input),
    storeProcessorEvent: (input) => storeProcessorEvent(database, input),
    listUnappliedEvents: (input) => listUnappliedEvents(database, input),
    parkEvent: (processor, eventId, reason) => parkEvent(database, processor, eventId, reason),
    listOutbox: (merchantId, orderId) => listOutbox(database, merchantId, orderId),
    publishRulebook: (merchantId, rulebook, hash) => publishRulebook(database, merchantId, rulebook, hash),
    currentRulebook: (merchantId) => currentRulebook(database, merchantId),
    rulebookByHash: (merchantId, hash) => rulebookByHash(database, merchantId, hash),
    publishDeployment: (deployment) => publishDeployment(database, deployment),
    currentDeployment: () => currentDeployment(database),
    health: openHealth(database),
    idempotency: openIdempotency(database),
    audit: (entry) => saveAudit(database, entry),
    listAudit: (merchantId, orderId) => listAudit(database, merchantId, orderId),
    saveApiKey: (input) => saveApiKey(database, input),
    findApiKey: (keyHash) => findApiKey(database, keyHash),
    listIdentityKeys: () => listIdentityKeys(database),
    saveIdentityKey: (copy) => saveIdentityKey(database, copy),
    listSealingKeyUse: () => listSealingKeyUse(database),
    ping: async () => {
      await database.statement('ping', 'SELECT 1', []);
    },
    close: () => database.close(),
  };
}
