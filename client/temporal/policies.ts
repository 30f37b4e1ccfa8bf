/** What a new order starts with: the deployment's sheets and the merchant's current rulebook, read at most every 5 s. */
import { hashOf } from '../../contract/keys.ts';
import { scaleBreaker } from '../../policy/health/settings.ts';
import type { Rulebook } from '../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { scaleRulebook, scaleSheet } from '../../policy/rulebooks/scale.ts';
import type { ProcessorHealth, Sheet } from '../../policy/sheet.ts';
import type { Deployment, Store } from '../../store/store.ts';
import { recoupError } from '../errors.ts';

/** Durations already divided by the time scale. */
export interface OrderPolicy {
  rulebook: Rulebook;
  rulebookHash: string;
  sheets: Sheet[];
  deployment: Deployment;
}

const FRESH_MS = 5_000;
const HEALTH_FRESH_MS = 1_000;

export class Policies {
  readonly #store: Store;
  #deployment: { value: Promise<Deployment>; readAtMs: number } | null = null;
  #health: { value: Promise<ProcessorHealth[]>; readAtMs: number } | null = null;
  readonly #current = new Map<string, { value: Promise<OrderPolicy>; readAtMs: number }>();
  /** Versions are immutable, so what a hash names never changes. */
  readonly #byHash = new Map<string, Promise<Rulebook>>();

  constructor(store: Store) {
    this.#store = store;
  }

  deployment(): Promise<Deployment> {
    if (this.#deployment !== null && isFresh(this.#deployment)) return this.#deployment.value;
    const value = this.#readDeployment();
    this.#deployment = { value, readAtMs: Date.now() };
    value.catch(() => {
      this.#deployment = null;
    });
    return value;
  }

  /** Processors that no attempt should start at now; empty while all are well. Read at most once a second. */
  health(): Promise<ProcessorHealth[]> {
    if (this.#health !== null && Date.now() - this.#health.readAtMs < HEALTH_FRESH_MS) return this.#health.value;
    // Nobody is kept from paying because the breakers cannot be read: the workers ask them again.
    const value = this.#readHealth().catch(() => []);
    this.#health = { value, readAtMs: Date.now() };
    return value;
  }

  /** For a new order of this merchant. */
  current(merchantId: string): Promise<OrderPolicy> {
    const known = this.#current.get(merchantId);
    if (known !== undefined && isFresh(known)) return known.value;
    const value = this.#readCurrent(merchantId);
    this.#current.set(merchantId, { value, readAtMs: Date.now() });
    value.catch(() => this.#current.delete(merchantId));
    return value;
  }

  /** For an order that exists: an order keeps the version it started with. */
  async ofOrder(merchantId: string, rulebookHash: string): Promise<OrderPolicy> {
    const deployment = await this.deployment();
    const name = `${merchantId}/${rulebookHash}`;
    let found = this.#byHash.get(name);
    if (found === undefined) {
      found = this.#readByHash(merchantId, rulebookHash);
      this.#byHash.set(name, found);
      found.catch(() => this.#byHash.delete(name));
    }
    return scaled(await found, rulebookHash, deployment);
  }

  async #readDeployment(): Promise<Deployment> {
    const deployment = await this.#store.currentDeployment();
    if (deployment !== null) return deployment;
    throw recoupError('unavailable', 'No worker has started yet, so no order can be started. Nothing was changed.');
  }

  async #readHealth(): Promise<ProcessorHealth[]> {
    const { breaker, timeScale } = await this.deployment();
    const settings = scaleBreaker(breaker, timeScale);
    const readings = await this.#store.health.list(settings);
    return readings
      .filter(({ downForMs }) => downForMs > 0)
      .map(({ processor, downForMs }) => ({
        processor,
        downUntil: new Date(Date.now() + downForMs).toISOString(),
        spreadMs: settings.coolDownMs,
      }));
  }

  async #readCurrent(merchantId: string): Promise<OrderPolicy> {
    const [deployment, stored] = await Promise.all([this.deployment(), this.#store.currentRulebook(merchantId)]);
    if (stored !== null) return scaled(stored.rulebook, stored.hash, deployment);
    const hash = hashOf(DEFAULT_RULEBOOK);
    await this.#store.publishRulebook(merchantId, DEFAULT_RULEBOOK, hash);
    return scaled(DEFAULT_RULEBOOK, hash, deployment);
  }

  async #readByHash(merchantId: string, hash: string): Promise<Rulebook> {
    const stored = await this.#store.rulebookByHash(merchantId, hash);
    if (stored !== null) return stored;
    if (hash === hashOf(DEFAULT_RULEBOOK)) return DEFAULT_RULEBOOK;
    throw recoupError('internal_error', 'The rulebook of this order is not in the store.');
  }
}

function scaled(rulebook: Rulebook, rulebookHash: string, deployment: Deployment): OrderPolicy {
  return {
    rulebook: scaleRulebook(rulebook, deployment.timeScale),
    rulebookHash,
    sheets: deployment.sheets.map((sheet) => scaleSheet(sheet, deployment.timeScale)),
    deployment,
  };
}

function isFresh({ readAtMs }: { readAtMs: number }): boolean {
  return Date.now() - readAtMs < FRESH_MS;
}
