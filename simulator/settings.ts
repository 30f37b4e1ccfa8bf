import type { SimulatorOptions } from './server.ts';

/** Reads the environment. Throws with the name of the setting that is wrong, never its value. */
export function settingsOf(environment: NodeJS.ProcessEnv): SimulatorOptions {
  return {
    port: portOf(environment, 'SIMULATOR_PORT'),
    processorPorts: {
      alpha: portOf(environment, 'SIMULATOR_ALPHA_PORT'),
      beta: portOf(environment, 'SIMULATOR_BETA_PORT'),
      gamma: portOf(environment, 'SIMULATOR_GAMMA_PORT'),
    },
    webhookUrl: webhookUrlOf(environment),
    webhookSecret: environment.SIMULATOR_WEBHOOK_SECRET || null,
    timeScale: timeScaleOf(environment),
    stateFile: environment.SIMULATOR_STATE_FILE || null,
  };
}

function portOf(environment: NodeJS.ProcessEnv, name: string): number {
  const text = environment[name] || '0';
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new Error(`${name} must be a port number from 0 to 65535`);
  return port;
}

function webhookUrlOf(environment: NodeJS.ProcessEnv): string | null {
  const text = environment.SIMULATOR_WEBHOOK_URL || null;
  if (text === null) return null;
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new Error('SIMULATOR_WEBHOOK_URL must be an http address');
  return text;
}

function timeScaleOf(environment: NodeJS.ProcessEnv): number {
  const scale = Number(environment.RECOUP_TIME_SCALE || '1');
  if (!Number.isFinite(scale) || scale <= 0) throw new Error('RECOUP_TIME_SCALE must be a number above 0');
  return scale;
}
