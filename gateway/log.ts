import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * JSON lines on stderr. Lines are made of chosen fields, never of requests; the redaction is for what slips through:
 * a body, a header, an address with its query.
 */
export function createLog(destination: DestinationStream = pino.destination({ dest: 2, sync: false })): Logger {
  const secret = [
    'authorization',
    'token',
    'apiKey',
    'credential',
    'sealed',
    'password',
    'secret',
    'body',
    'headers',
    'url',
    'databaseUrl',
  ];
  return pino(
    {
      name: 'gateway',
      base: { name: 'gateway' },
      redact: { paths: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[removed]' },
      serializers: { err: (error: Error) => ({ name: error.name }) },
    },
    destination,
  );
}
