import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './random.ts';
import { PROCESSORS } from './simulator-control.ts';
import type { PartName, World } from './world.ts';

/** What can be done to the world while orders run. `weather` is on all the time; the others come one at a time. */
export const FAULT_KINDS = [
  'weather',
  'worker',
  'gateway',
  'temporal',
  'postgres',
  'webhooks',
  'processor',
  'clock',
  'network',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Of 100 calls to a processor: 5 never arrive, 5 are carried out and not answered, 7 meet an overload. */
const WEATHER = { lostPercent: 5, answerLostPercent: 5, overloadPercent: 7 };

const WORKERS = ['worker', 'otherWorker'] as const;

export interface FaultsOptions {
  kinds: readonly FaultKind[];
  /** From one fault to the next: at least, at most. */
  everyMs: readonly [number, number];
  dice: Dice;
  timeScale: number;
  /** Of every webhook, while nothing is done to them. */
  webhookDelayMs: number;
  say(line: string): void;
}

/** Injects faults until it is stopped; then heals everything. */
export class Faults {
  readonly counts: Record<string, number> = {};
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly world: World,
    private readonly options: FaultsOptions,
  ) {}

  async start(): Promise<void> {
    const { kinds, dice, webhookDelayMs } = this.options;
    await this.world.simulator.setWebhooks({ delayMs: webhookDelayMs });
    if (kinds.includes('weather')) await this.world.simulator.setWeather(WEATHER, dice.whole(1, 1_000_000));
    const injected = kinds.filter((kind) => kind !== 'weather' && (kind !== 'network' || this.world.network !== null));
    if (injected.length > 0) this.running = this.inject(injected);
  }

  /** Everything runs again, the weather is fair. @throws when a part cannot be started again. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    for (const [kind, count] of Object.entries(await this.world.simulator.weatherCounts())) this.count(kind, count);
    await this.world.simulator.setWeather({}, 1);
    await this.world.simulator.setWebhooks({ duplicate: 0, reorder: false, delayMs: 0 });
    for (const processor of PROCESSORS) await this.world.simulator.open(processor);
    await this.revive();
  }

  /** A server that ended by itself is started again, as the launcher does. */
  private async revive(): Promise<void> {
    for (const part of Object.values(this.world.parts)) if (!part.alive) await part.start();
  }

  private count(kind: string, by = 1): void {
    if (by > 0) this.counts[kind] = (this.counts[kind] ?? 0) + by;
  }

  private async inject(kinds: FaultKind[]): Promise<void> {
    const { dice, say } = this.options;
    while (!this.stopped) {
      await this.pause(dice.whole(...this.options.everyMs));
      if (this.stopped) return;
      const kind = dice.pick(kinds);
      say(`fault: ${kind}`);
      await this.one(kind);
      this.count(kind);
      await this.revive();
    }
  }

  private async one(kind: FaultKind): Promise<void> {
    const { dice } = this.options;
    switch (kind) {
      case 'weather':
        return;
      case 'worker':
        return await this.killWorkers();
      case 'gateway':
      case 'temporal':
      case 'postgres':
        return await this.killAndStart(kind, dice.whole(0, 1_500));
      case 'webhooks':
        return await this.troubleWebhooks();
      case 'processor': {
        const processor = dice.pick(PROCESSORS);
        await this.world.simulator.shut(processor);
        await this.pause(dice.whole(300, 3_000));
        return await this.world.simulator.open(processor);
      }
      case 'network':
        return await this.troubleNetwork();
      case 'clock':
        return await this.moveClock();
      default:
        return kind satisfies never;
    }
  }

  private async killAndStart(name: PartName, downMs: number): Promise<void> {
    const part = this.world.parts[name];
    await part.kill();
    await this.pause(downMs);
    await part.start();
  }

  /** Mostly one of the two, so that orders meet its death in the middle of things; sometimes nobody is left. */
  private async killWorkers(): Promise<void> {
    const { dice } = this.options;
    const names = dice.chance(15) ? WORKERS : [dice.pick(WORKERS)];
    const downMs = dice.whole(0, 1_500);
    await Promise.all(names.map((name) => this.killAndStart(name, downMs)));
  }

  private async troubleNetwork(): Promise<void> {
    this.options.say(`network: ${await this.world.network?.trouble(this.options.dice)}`);
    await this.pause(this.options.dice.whole(500, 4_000));
    await this.world.network?.heal();
  }

  private async troubleWebhooks(): Promise<void> {
    const { dice } = this.options;
    await this.world.simulator.setWebhooks({
      duplicate: dice.whole(0, 4),
      reorder: dice.chance(60),
      delayMs: dice.pick([0, 200, 1_500, 5_000]),
      hold: false,
    });
    await this.pause(dice.whole(1_000, 4_000));
    await this.world.simulator.setWebhooks({ duplicate: 0, reorder: false, delayMs: this.options.webhookDelayMs });
  }

  /**
   * The clock of a worker or of the gateway is wrong for a while: by seconds, or by an hour, scaled like every other hour.
   * Not for longer, because a worker that thinks it is late charges nobody, and then nothing is left to break.
   */
  private async moveClock(): Promise<void> {
    const { dice, timeScale } = this.options;
    const name = dice.pick([...WORKERS, 'gateway'] as const);
    const mostMs = dice.chance(70) ? 4_000 : Math.max(4_000, Math.round(3_600_000 / timeScale));
    await this.restartWithClock(name, dice.whole(-mostMs, mostMs));
    await this.pause(dice.whole(2_000, 5_000));
    await this.restartWithClock(name, 0);
  }

  private async restartWithClock(name: PartName, offsetMs: number): Promise<void> {
    const part = this.world.parts[name];
    await part.kill();
    part.spec = { ...part.spec, env: { ...part.spec.env, RECOUP_CLOCK_OFFSET_MS: String(offsetMs) } };
    await part.start();
  }

  private async pause(ms: number): Promise<void> {
    const untilMs = Date.now() + ms;
    while (!this.stopped && Date.now() < untilMs) await sleep(Math.min(50, untilMs - Date.now() + 1));
  }
}
