import { Journal } from './journal.ts';
import type {
  Action,
  Entry,
  Job,
  KeyRecord,
  Payment,
  ProcessorName,
  SavedMethod,
  Session,
  Subject,
  Write,
} from './model.ts';

const keyName = (processor: ProcessorName, key: string) => `${processor} ${key}`;
const orderName = (merchantId: string, orderId: string) => `${merchantId} ${orderId}`;

/** The memory of all three processors. Records change in place; `commit` makes a change known, and lasting. */
export class State {
  readonly payments = new Map<string, Payment>();
  readonly sessions = new Map<string, Session>();
  readonly actions = new Map<string, Action>();
  readonly jobs = new Map<string, Job>();
  readonly #entries = new Map<string, Entry>();
  readonly #entriesByOrder = new Map<string, Entry[]>();
  readonly #latestEntryByKey = new Map<string, Entry>();
  readonly #keys = new Map<string, KeyRecord>();
  readonly #counters = new Map<string, number>();
  readonly #methods = new Map<string, SavedMethod>();
  readonly #pages = new Map<string, Subject>();
  readonly #journal: Journal | null;
  keysExpiredAtMs = 0;
  /** Called for every job that a commit brings. */
  onJob: (job: Job) => void = () => {};

  constructor(stateFile: string | null) {
    this.#journal = stateFile === null ? null : new Journal(stateFile);
    if (this.#journal === null) return;
    for (const writes of this.#journal.read()) for (const write of writes) this.#apply(write);
    this.#journal.start(this.#snapshot());
  }

  commit(changes: Write[]): void {
    // A record that a request touched twice is the same object twice: it is written once, as it stands now.
    const writes = changes.filter(([, record], index) => changes.findIndex((other) => other[1] === record) === index);
    this.#journal?.append(writes);
    for (const write of writes) {
      this.#apply(write);
      if (write[0] === 'job') this.onJob(write[1]);
    }
  }

  close(): void {
    this.#journal?.close();
  }

  entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`ledger entry ${id} is gone`);
    return entry;
  }

  latestEntry(processor: ProcessorName, key: string): Entry | undefined {
    return this.#latestEntryByKey.get(keyName(processor, key));
  }

  entriesOfOrder(merchantId: string, orderId: string): Entry[] {
    return this.#entriesByOrder.get(orderName(merchantId, orderId)) ?? [];
  }

  entriesOfMerchant(merchantId: string): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.merchantId === merchantId);
  }

  key(processor: ProcessorName, key: string): KeyRecord | undefined {
    return this.#keys.get(keyName(processor, key));
  }

  counter(name: string): number {
    return this.#counters.get(name) ?? 0;
  }

  methods(processor: ProcessorName, merchantId: string, buyerReference: string): SavedMethod[] {
    return [...this.#methods.values()].filter(
      (method) =>
        method.processor === processor && method.merchantId === merchantId && method.buyerReference === buyerReference,
    );
  }

  page(pageId: string): Subject | undefined {
    return this.#pages.get(pageId);
  }

  #apply(write: Write): void {
    switch (write[0]) {
      case 'payment': {
        const [, payment] = write;
        this.payments.set(payment.reference, payment);
        if (payment.challenge !== null) {
          this.#pages.set(payment.challenge.pageId, { type: 'payment', reference: payment.reference });
        }
        return;
      }
      case 'session':
        this.sessions.set(write[1].reference, write[1]);
        this.#pages.set(write[1].pageId, { type: 'session', reference: write[1].reference });
        return;
      case 'action':
        this.actions.set(write[1].reference, write[1]);
        return;
      case 'entry':
        this.#applyEntry(write[1]);
        return;
      case 'key':
        this.#keys.set(keyName(write[1].processor, write[1].key), write[1]);
        return;
      case 'method':
        this.#methods.set(write[1].id, write[1]);
        return;
      case 'counter':
        this.#counters.set(write[1].name, write[1].count);
        return;
      case 'job':
        this.jobs.set(write[1].id, write[1]);
        return;
      case 'job_done':
        this.jobs.delete(write[1].id);
        return;
      case 'keys_expired':
        this.keysExpiredAtMs = write[1].atMs;
        return;
      default:
        write satisfies never;
    }
  }

  #applyEntry(entry: Entry): void {
    const known = this.#entries.get(entry.id);
    if (known === entry) return;
    if (known !== undefined) {
      // Only while the journal is read: every line brings a new object for the same entry.
      Object.assign(known, entry);
      return;
    }
    this.#entries.set(entry.id, entry);
    this.#latestEntryByKey.set(keyName(entry.processor, entry.key), entry);
    const order = orderName(entry.merchantId, entry.orderId);
    const entries = this.#entriesByOrder.get(order);
    if (entries === undefined) this.#entriesByOrder.set(order, [entry]);
    else entries.push(entry);
  }

  *#snapshot(): Generator<Write> {
    for (const payment of this.payments.values()) yield ['payment', payment];
    for (const session of this.sessions.values()) yield ['session', session];
    for (const action of this.actions.values()) yield ['action', action];
    for (const entry of this.#entries.values()) yield ['entry', entry];
    for (const record of this.#keys.values()) yield ['key', record];
    for (const method of this.#methods.values()) yield ['method', method];
    for (const [name, count] of this.#counters) yield ['counter', { name, count }];
    for (const job of this.jobs.values()) yield ['job', job];
    if (this.keysExpiredAtMs > 0) yield ['keys_expired', { atMs: this.keysExpiredAtMs }];
  }
}
