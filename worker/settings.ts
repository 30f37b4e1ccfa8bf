import { SettingInvalid } from '../contract/key-ring.ts';
import { BREAKER_LIMITS, type BreakerSettings, DEFAULT_BREAKER } from '../policy/health/settings.ts';

/** What the worker is told by environment. Names are in the errors, values never are. */
export interface WorkerSettings {
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  taskQueue: string;
  /** One key, or several with commas between them: the first seals, all of them open. */
  sealingKey: string;
  /** Encrypts what Temporal stores; empty: off. */
  codecKeys: string;
  mode: 'test' | 'live';
  /** Divides waits in test mode; 1 in live mode. */
  timeScale: number;
  processors: { alphaUrl: string; betaUrl: string; gammaUrl: string; webhookSecret: string };
  /** When a processor counts as sick; unscaled. Each is `RECOUP_BREAKER_` and its name: `RECOUP_BREAKER_COOL_DOWN_MS`. */
  breaker: BreakerSettings;
  /** Workflows kept in memory between their tasks; each takes about 0.3 MB. */
  maxCachedWorkflows: number;
  /** Calls to processors and the store that one worker makes at the same time: what waited for it comes in no bigger burst. */
  maxCallsInFlight: number;
}

export function readWorkerSettings(env: NodeJS.ProcessEnv = process.env): WorkerSettings {
  const mode = readMode(env);
  return {
    databaseUrl: needed(env, 'DATABASE_URL'),
    temporalAddress: needed(env, 'TEMPORAL_ADDRESS'),
    namespace: env.TEMPORAL_NAMESPACE || 'default',
    taskQueue: env.TEMPORAL_TASK_QUEUE || 'recoup',
    sealingKey: needed(env, 'RECOUP_SEALING_KEY'),
    codecKeys: env.RECOUP_CODEC_KEYS ?? '',
    mode,
    timeScale: readTimeScale(env, mode),
    processors: {
      alphaUrl: needed(env, 'SIMULATOR_ALPHA_URL'),
      betaUrl: needed(env, 'SIMULATOR_BETA_URL'),
      gammaUrl: needed(env, 'SIMULATOR_GAMMA_URL'),
      webhookSecret: needed(env, 'SIMULATOR_WEBHOOK_SECRET'),
    },
    breaker: readBreaker(env),
    maxCachedWorkflows: wholeNumber(env, 'RECOUP_MAX_CACHED_WORKFLOWS', 500),
    maxCallsInFlight: wholeNumber(env, 'RECOUP_MAX_CALLS_IN_FLIGHT', 100),
  };
}

function readBreaker(env: NodeJS.ProcessEnv): BreakerSettings {
  const breaker = { ...DEFAULT_BREAKER };
  for (const name of Object.keys(BREAKER_LIMITS) as (keyof BreakerSettings)[]) {
    const setting = `RECOUP_BREAKER_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const [least, most] = BREAKER_LIMITS[name];
    breaker[name] = wholeNumber(env, setting, breaker[name]);
    if (breaker[name] < least || breaker[name] > most) {
      throw new SettingInvalid(setting, `must be from ${least} to ${most}`);
    }
  }
  return breaker;
}

function readMode(env: NodeJS.ProcessEnv): 'test' | 'live' {
  const mode = env.RECOUP_MODE || 'test';
  if (mode === 'test' || mode === 'live') return mode;
  throw new SettingInvalid('RECOUP_MODE', 'must be `test` or `live`');
}

function readTimeScale(env: NodeJS.ProcessEnv, mode: 'test' | 'live'): number {
  const scale = wholeNumber(env, 'RECOUP_TIME_SCALE', 1);
  if (mode === 'live' && scale !== 1) throw new SettingInvalid('RECOUP_TIME_SCALE', 'is for test mode only');
  return scale;
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new SettingInvalid(name, 'must be a whole number from 1');
}

function needed(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new SettingInvalid(name, 'is missing');
}
