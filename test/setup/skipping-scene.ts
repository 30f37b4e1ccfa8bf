import { TestWorkflowEnvironment } from '@temporalio/testing';
import { inject } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../contract/search-attributes.ts';
import { replayAll } from './replays.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';
import './provided.ts';

/** A scene on a server of its own on which days pass at once. Processors and calls to them keep real time. */
export interface SkippingScene extends Scene {
  /** Lets the server's time pass; timers that fall due on the way fire in order. */
  pass(durationMs: number): Promise<void>;
  /** The server's time, ms since 1970. */
  nowMs(): Promise<number>;
  /** The server keeps no lists, so the orders to replay are named. */
  replayAndClose(orderIds: string[]): Promise<void>;
}

/** `temporal.api.enums.v1.IndexedValueType` */
const INDEXED_TYPES = { KEYWORD: 2, INT: 3, BOOL: 5, DATETIME: 6 } as const;

export async function openSkippingScene(options: Pick<SceneOptions, 'webhooks'> = {}): Promise<SkippingScene> {
  const server = await startTestServer();
  const types = SEARCH_ATTRIBUTES.map(({ name, type }) => [name, INDEXED_TYPES[type]]);
  await server.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(types),
  });
  const nowMs = () => server.currentTimeMs();
  const scene = await openScene({ ...options, skipping: { address: server.address, nowMs } });
  return {
    ...scene,
    nowMs,
    pass: (durationMs) => server.sleep(durationMs),
    replayAndClose: async (orderIds) => {
      const workflowBundle = { codePath: inject('workflowBundlePath') };
      const histories = async function* () {
        for (const orderId of orderIds) {
          const handle = scene.workflow(orderId);
          yield { workflowId: handle.workflowId, history: await handle.fetchHistory() };
        }
      };
      await replayAll({ workflowBundle }, histories());
      await scene.close();
      await server.teardown();
    },
  };
}

const STARTS = 3;

/** The SDK gives it 5 s, which a Java program may need on a busy machine. Then it is started once more. */
export async function startTestServer(): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path', path: inject('testServerPath') } as const;
  for (let start = 1; ; start += 1) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    } catch (error) {
      if (start === STARTS || !String(error).includes('did not start within')) throw error;
    }
  }
}
