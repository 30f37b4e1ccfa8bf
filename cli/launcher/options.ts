import { parseArgs } from 'node:util';
import { stateDirectory } from './paths.ts';
import { DEFAULT_PORTS, PORT_SETTINGS, type PortName } from './ports.ts';

export interface StartOptions {
  demo: boolean;
  detach: boolean;
  /** Encrypt what Temporal stores. */
  codec: boolean;
  stateDir: string;
  /** Flags as given; `choosePorts` reads the ports from them. */
  flags: Record<string, string | boolean | undefined>;
}

export const START_USAGE = `npm start [-- options]

  --no-demo             do not play the demo orders
  --detach              return once everything is ready; npm stop ends it
  --codec               encrypt what Temporal stores, from now on in this state directory
  --state-dir <folder>  where data, logs and run.json are kept (RECOUP_STATE_DIR; .recoup)
  --help
${(Object.keys(PORT_SETTINGS) as PortName[])
  .map((name) => {
    const { flag, variable } = PORT_SETTINGS[name];
    return `  ${`--${flag} <port>`.padEnd(26)}${variable}; ${DEFAULT_PORTS[name]} or the next free one`;
  })
  .join('\n')}

  DATABASE_URL          a PostgreSQL of your own instead of the embedded one
  TEMPORAL_TASK_QUEUE   recoup
  RECOUP_TIME_SCALE     divides windows, schedules and settle times (test mode); 1
  RECOUP_CACHE          where installed tools are kept; ~/.cache/recoup
`;

/** @throws on an unknown flag. */
export function parseStartOptions(args: string[]): StartOptions | 'help' {
  const ports = Object.values(PORT_SETTINGS).map(({ flag }) => [flag, { type: 'string' as const }]);
  const { values } = parseArgs({
    args,
    options: {
      'no-demo': { type: 'boolean' },
      detach: { type: 'boolean' },
      codec: { type: 'boolean' },
      'state-dir': { type: 'string' },
      help: { type: 'boolean' },
      ...(Object.fromEntries(ports) as Record<string, { type: 'string' }>),
    },
  });
  if (values.help === true) return 'help';
  return {
    demo: values['no-demo'] !== true,
    detach: values.detach === true,
    codec: values.codec === true,
    stateDir: stateDirectory(values['state-dir'] as string | undefined),
    flags: values as StartOptions['flags'],
  };
}
