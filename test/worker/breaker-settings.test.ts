import { describe, expect, test } from 'vitest';
import { SettingInvalid } from '../../contract/key-ring.ts';
import { DEFAULT_BREAKER } from '../../policy/health/settings.ts';
import { readWorkerSettings } from '../../worker/settings.ts';

const NEEDED = {
  DATABASE_URL: 'postgres://localhost/x',
  TEMPORAL_ADDRESS: 'localhost:7233',
  RECOUP_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
  SIMULATOR_ALPHA_URL: 'http://localhost:1',
  SIMULATOR_BETA_URL: 'http://localhost:2',
  SIMULATOR_GAMMA_URL: 'http://localhost:3',
  SIMULATOR_WEBHOOK_SECRET: 'whsec_x',
};
const read = (env: Record<string, string>) => readWorkerSettings({ ...NEEDED, ...env }).breaker;

describe('the settings of the breakers', () => {
  test('are the default ones, but for what the environment says', () => {
    expect(read({})).toEqual(DEFAULT_BREAKER);
    expect(read({ RECOUP_BREAKER_COOL_DOWN_MAX_MS: '60000', RECOUP_BREAKER_DRAIN_PER_SECOND: '7' })).toEqual({
      ...DEFAULT_BREAKER,
      coolDownMaxMs: 60_000,
      drainPerSecond: 7,
    });
  });

  test.each([
    ['RECOUP_BREAKER_FAILURE_PERCENT', '101'],
    ['RECOUP_BREAKER_PROBES_AT_ONCE', '0'],
    ['RECOUP_BREAKER_WINDOW_MS', '10'],
    ['RECOUP_BREAKER_CALM_MS', '1.5'],
    ['RECOUP_BREAKER_FAILURES', 'many'],
  ])('%s=%s is refused by its name', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(SettingInvalid);
    expect(() => read({ [name]: value })).toThrow(name);
  });
});
