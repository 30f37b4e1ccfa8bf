import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keeper } from './keeper.ts';

/** How one server of the stack is run. */
export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  logFile: string;
  /** Stopped in ascending order: what calls others goes before what is called. */
  rank: number;
  stopSignal: NodeJS.Signals;
  /** How long it may take to stop before it is killed. */
  graceMs: number;
  /** How long it may take to become ready. */
  readyWithinMs: number;
  /** Resolves to true once it serves. Asked again and again. */
  isReady(child: RunningChild): Promise<boolean>;
  uid?: number;
  gid?: number;
}

const LOG_BYTES_KEPT = 20 * 1024 * 1024;
const READY_POLL_MS = 40;

/** One process. Its output goes straight to its log file: a dead launcher must not break a worker's last writes. */
export class RunningChild {
  readonly pid: number;
  readonly exited: Promise<string>;
  private readonly logStart: number;
  private ended = false;
  private readonly process: ChildProcess;

  constructor(
    readonly spec: ChildSpec,
    private readonly keeper: Keeper,
  ) {
    mkdirSync(dirname(spec.logFile), { recursive: true });
    this.logStart = rotate(spec.logFile);
    const log = openSync(spec.logFile, 'a', 0o600);
    // `exec` keeps the pid; the mask keeps databases and state files to this user.
    this.process = spawn('/bin/sh', ['-c', 'umask 077; exec "$0" "$@"', spec.command, ...spec.args], {
      cwd: spec.cwd,
      env: spec.env,
      // A group of its own: Ctrl-C reaches the launcher alone, which then stops its children in order.
      detached: true,
      stdio: ['ignore', log, log],
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    closeSync(log);
    this.pid = this.process.pid ?? -1;
    if (this.pid > 0) {
      keeper.watch({ pid: this.pid, rank: spec.rank, signal: spec.stopSignal, graceMs: spec.graceMs });
    }
    this.exited = new Promise((resolve) => {
      this.process.once('error', (error) => resolve(this.end(`could not be started: ${error.message}`)));
      this.process.once('exit', (code, signal) => resolve(this.end(signal ? `killed by ${signal}` : `exit ${code}`)));
    });
  }

  get alive(): boolean {
    return !this.ended;
  }

  /** What it has written since it was started, as far as `bytes` allow, the newest. */
  output(bytes = 64 * 1024): string {
    const log = openSync(this.spec.logFile, 'r');
    try {
      const { size } = statSync(this.spec.logFile);
      const from = Math.max(this.logStart, size - bytes);
      const buffer = Buffer.alloc(Math.max(0, size - from));
      return buffer.toString('utf8', 0, readSync(log, buffer, 0, buffer.length, from));
    } finally {
      closeSync(log);
    }
  }

  /** The JSON line with `"ready":true` that our own servers print on stdout once they serve. */
  readyLine(): boolean {
    return this.output().split('\n').some(isReadyLine);
  }

  /** @throws when it ends, or does not serve within its time; the message carries its last words. */
  async untilReady(): Promise<void> {
    const deadline = Date.now() + this.spec.readyWithinMs;
    while (Date.now() < deadline) {
      if (!this.alive) throw new Error(`${this.spec.name} ended (${await this.exited})${this.lastWords()}`);
      if (await this.spec.isReady(this)) return;
      await sleep(READY_POLL_MS);
    }
    throw new Error(`${this.spec.name} was not ready within ${this.spec.readyWithinMs / 1000} s${this.lastWords()}`);
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    this.signal(this.spec.stopSignal);
    const ended = await Promise.race([this.exited.then(() => true), sleep(this.spec.graceMs, false, { ref: false })]);
    if (ended) return;
    this.signal('SIGKILL');
    await this.exited;
  }

  private signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  private end(reason: string): string {
    this.ended = true;
    if (this.pid > 0) this.keeper.forget(this.pid);
    return reason;
  }

  private lastWords(): string {
    const lines = this.output(4096).trim().split('\n').slice(-12).join('\n  ');
    return `; its log is ${this.spec.logFile}${lines === '' ? '' : `:\n  ${lines}`}`;
  }
}

function isReadyLine(line: string): boolean {
  if (!line.includes('"ready"')) return false;
  try {
    return (JSON.parse(line) as { ready?: unknown }).ready === true;
  } catch {
    return false;
  }
}

/** Puts an overgrown log aside (one older file is kept) and tells where the new run's output begins. */
function rotate(logFile: string): number {
  try {
    const { size } = statSync(logFile);
    if (size <= LOG_BYTES_KEPT) return size;
    renameSync(logFile, `${logFile}.old`);
  } catch {
    // No log yet.
  }
  return 0;
}
