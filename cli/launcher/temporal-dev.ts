import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { parse } from 'yaml';
import type { ChildSpec } from './child.ts';
import { ROOT, TEMPORAL_DEV_FILE } from './paths.ts';

/** What `temporal-dev.yml` says: the flags of `temporal server start-dev`, in the file's order. */
export interface DevServerSettings {
  flags: { name: string; value: string }[];
  /** Outside a container. */
  ip: string;
  dbFilename: string;
  namespace: string;
  searchAttributes: Map<string, string>;
  dynamicConfig: Map<string, string>;
}

interface DevServerFile {
  'x-launcher': { ip: string; 'db-filename': string };
  services: { temporal: { command: string[] } };
}

/** @throws when the file has anything but `--name=value` flags for `server start-dev`. */
export function readTemporalDev(file: string = TEMPORAL_DEV_FILE): DevServerSettings {
  const content = parse(readFileSync(file, 'utf8')) as DevServerFile;
  const [server, startDev, ...rest] = content.services.temporal.command;
  if (server !== 'server' || startDev !== 'start-dev') throw new Error(`${file}: the command must be server start-dev`);
  const flags = rest.map((argument) => {
    const [, name, value] = /^--([a-z-]+)=(.+)$/.exec(argument) ?? [];
    if (name === undefined || value === undefined) throw new Error(`${file}: ${argument} is not --name=value`);
    return { name, value };
  });
  const pairs = (name: string) =>
    new Map(flags.filter((flag) => flag.name === name).map(({ value }) => splitOnce(value)));
  return {
    flags,
    ip: content['x-launcher'].ip,
    dbFilename: content['x-launcher']['db-filename'],
    namespace: flags.find((flag) => flag.name === 'namespace')?.value ?? 'default',
    searchAttributes: pairs('search-attribute'),
    dynamicConfig: pairs('dynamic-config-value'),
  };
}

function splitOnce(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

export interface DevServerPlace {
  port: number;
  /** Left out: no web UI. */
  uiPort?: number;
  /** Where the web UI has payloads decrypted. Left out: it shows them as they are stored. */
  codecEndpoint?: string;
  /** Where the database file lies. Left out: everything is lost when the server ends. */
  directory?: string;
}

/** The flags of the file, with address, ports and database replaced by those of this run. */
export function devServerArguments(settings: DevServerSettings, place: DevServerPlace): string[] {
  const replaced = new Set(['ip', 'port', 'ui-port', 'ui-codec-endpoint', 'db-filename']);
  const kept = settings.flags.filter((flag) => !replaced.has(flag.name));
  return [
    'server',
    'start-dev',
    `--ip=${settings.ip}`,
    `--port=${place.port}`,
    place.uiPort === undefined ? '--headless' : `--ui-port=${place.uiPort}`,
    ...(place.codecEndpoint === undefined ? [] : [`--ui-codec-endpoint=${place.codecEndpoint}`]),
    ...(place.directory === undefined ? [] : [`--db-filename=${join(place.directory, settings.dbFilename)}`]),
    ...kept.map(({ name, value }) => `--${name}=${value}`),
  ];
}

export interface TemporalOptions extends DevServerPlace {
  executable: string;
  logFile: string;
  rank: number;
}

/** The dev server as a child of the launcher or of the tests. */
export function temporalServer(options: TemporalOptions): ChildSpec {
  const settings = readTemporalDev();
  const address = `${settings.ip}:${options.port}`;
  return {
    name: 'temporal',
    command: options.executable,
    args: devServerArguments(settings, options),
    // Neither the user's own profile nor a TEMPORAL_ADDRESS may change what this server is.
    env: withoutTemporalSettings(process.env),
    cwd: ROOT,
    logFile: options.logFile,
    rank: options.rank,
    stopSignal: 'SIGTERM',
    graceMs: 10_000,
    readyWithinMs: 60_000,
    isReady: () => serves(address, settings.namespace),
  };
}

function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

/** Whether this address answers as a Temporal server that knows the namespace. */
export async function serves(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 2_000 });
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
