import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anyFreePort } from '../../cli/launcher/ports.ts';
import { lazyConnection } from '../../client/temporal/connection.ts';

/** Of the retry that is due after the first failure: 100 ms, times 1.7, and a fifth of chance. */
const RETRIED_WITHIN_MS = 300;

describe('closing while a call is about to be repeated', () => {
  let thrown: unknown[];
  let listeners: NodeJS.UncaughtExceptionListener[];
  beforeEach(() => {
    thrown = [];
    listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
  });
  afterEach(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });

  const calling = async (connection: Connection) => {
    const answered = connection.workflowService.getSystemInfo({}).catch((error: unknown) => error);
    // Refused at once, and the timer of its repetition runs.
    await sleep(50);
    return answered;
  };

  test('ends the process where the SDK is used as it comes: when this fails, connection.ts can go', async () => {
    const connection = Connection.lazy({ address: `127.0.0.1:${await anyFreePort()}` });
    void calling(connection);
    await sleep(50);
    await connection.close();
    await sleep(RETRIED_WITHIN_MS);
    expect(thrown.map(String)).toEqual(['Error: Channel has been shut down']);
  });

  test('ends the call with an error and throws nothing', async () => {
    const { connection, close } = lazyConnection(`127.0.0.1:${await anyFreePort()}`);
    const answered = calling(connection);
    await sleep(50);
    await close();
    expect(String(await answered)).toContain('UNAVAILABLE');
    await sleep(RETRIED_WITHIN_MS);
    expect(thrown).toEqual([]);
  });
});
