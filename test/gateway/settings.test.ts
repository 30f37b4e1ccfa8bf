import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeArguments, ROOT } from '../../cli/launcher/paths.ts';
import { SettingInvalid } from '../../contract/key-ring.ts';
import { readSettings } from '../../gateway/settings.ts';

const GOOD: Record<string, string> = {
  DATABASE_URL: 'postgresql://user:pass@127.0.0.1:5432/recoup',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  TEMPORAL_TASK_QUEUE: 'recoup',
  RECOUP_SEALING_KEY: randomBytes(32).toString('base64'),
  RECOUP_BUYER_TOKEN_KEY: randomBytes(32).toString('base64'),
  RECOUP_API_KEY: `rk_test_${randomBytes(24).toString('hex')}`,
  RECOUP_MERCHANT_ID: 'default',
  RECOUP_MODE: 'test',
  SIMULATOR_ALPHA_URL: 'http://127.0.0.1:1',
  SIMULATOR_BETA_URL: 'http://127.0.0.1:2',
  SIMULATOR_GAMMA_URL: 'http://127.0.0.1:3',
  SIMULATOR_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
};

describe('settings of the gateway', () => {
  test('the launcher’s are taken', () => {
    expect(readSettings({ ...GOOD, GATEWAY_PORT: '8080', GATEWAY_URL: 'http://127.0.0.1:8080/' })).toMatchObject({
      port: 8080,
      baseUrl: 'http://127.0.0.1:8080',
      mode: 'test',
      apiKey: { merchantId: 'default' },
    });
  });

  test.each([
    ['DATABASE_URL', undefined],
    ['DATABASE_URL', 'mysql://x'],
    ['TEMPORAL_ADDRESS', ''],
    ['RECOUP_SEALING_KEY', undefined],
    ['RECOUP_SEALING_KEY', 'changeme'],
    ['RECOUP_SEALING_KEY', Buffer.alloc(32, 1).toString('base64')],
    ['RECOUP_SEALING_KEY', randomBytes(16).toString('base64')],
    ['RECOUP_SEALING_KEY', `${GOOD.RECOUP_SEALING_KEY},${GOOD.RECOUP_SEALING_KEY}`],
    ['RECOUP_CODEC_KEYS', 'changeme'],
    ['RECOUP_CODEC_KEYS', 'off'],
    ['RECOUP_CODEC_UI_ORIGINS', '*'],
    ['RECOUP_CODEC_UI_KEYLESS', 'yes'],
    ['RECOUP_BUYER_TOKEN_KEY', undefined],
    ['RECOUP_BUYER_TOKEN_KEY', 'secret'],
    ['RECOUP_BUYER_TOKEN_KEY', Buffer.alloc(32).toString('base64')],
    ['RECOUP_API_KEY', 'your-api-key-goes-here-please'],
    ['RECOUP_API_KEY', 'short'],
    ['RECOUP_API_KEY', `rk_live_${'0123456789abcdef'.repeat(3)}`],
    ['RECOUP_MERCHANT_ID', 'a-b'],
    ['RECOUP_MODE', 'production'],
    ['SIMULATOR_ALPHA_URL', 'ftp://x'],
    ['SIMULATOR_WEBHOOK_SECRET', 'whsec_c2hvcnQ='],
    ['SIMULATOR_WEBHOOK_SECRET', `whsec_${Buffer.alloc(32).toString('base64')}`],
    ['GATEWAY_PORT', '99999'],
    ['GATEWAY_PORT', '80a'],
    ['GATEWAY_URL', 'https://user:pass@host'],
    ['RECOUP_RETURN_URL_ORIGINS', 'https://shop.test/path'],
  ])('%s is refused by its name and not its value: %#', (name, value) => {
    const read = () => readSettings({ ...GOOD, [name]: value });
    expect(read).toThrow(SettingInvalid);
    expect(read).toThrow(new RegExp(`^${name} `));
    if (value !== undefined && value.length > 6) expect(read).not.toThrow(value);
  });

  test('a codec endpoint without credentials is for test mode on loopback', () => {
    const keyless = { ...GOOD, RECOUP_CODEC_UI_KEYLESS: 'true' };
    expect(readSettings(keyless).codecUi.keyless).toBe(true);
    for (const change of [{ GATEWAY_HOST: '0.0.0.0' }, { RECOUP_MODE: 'live', RECOUP_API_KEY: '' }]) {
      expect(() => readSettings({ ...keyless, ...change })).toThrow(/^RECOUP_CODEC_UI_KEYLESS /);
    }
  });

  test('live mode refuses a time scale', () => {
    const live = { ...GOOD, RECOUP_MODE: 'live', RECOUP_API_KEY: '', RECOUP_TIME_SCALE: '60' };
    expect(() => readSettings(live)).toThrow(/^RECOUP_TIME_SCALE /);
  });

  test('the process does not start: exit 1, the name on stderr, nothing on stdout', async () => {
    const child = spawn(process.execPath, nodeArguments(join(ROOT, 'gateway', 'main.ts')), {
      env: { PATH: process.env.PATH ?? '', ...GOOD, RECOUP_SEALING_KEY: 'canary-changeme' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('RECOUP_SEALING_KEY');
    expect(stderr).not.toContain('canary');
  });
});
