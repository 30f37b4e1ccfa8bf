import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { temporalCli } from '../../cli/launcher/tools/temporal-cli.ts';
import { SCENARIOS } from '../../cli/recoup/scenarios.ts';
import { createPayloadCodec } from '../../contract/payload-codec.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { keepHistory, replayKept } from '../chaos/kept-histories.ts';
import { historyFromJson } from '../setup/history-json.ts';
import { type MadeHistory, replayAll } from '../setup/replays.ts';
import { newOrderId, openScene, type Scene } from '../setup/scene.ts';
import { played, STORIES, shortName } from '../workflows/stories.ts';
import { play } from './kill-points/lives.ts';
import '../setup/provided.ts';

const FOLDER = fileURLToPath(new URL('../histories', import.meta.url));
const RECORDING = process.env.RECOUP_RECORD_HISTORIES === '1';

interface Recording {
  workflowId: string;
  history: unknown;
}

/** What is recorded: every story of the tests until its order is closed, every scenario of `recoup trigger` until its order rests. */
const LIVES: { file: string; live(scene: Scene): Promise<string> }[] = [
  ...STORIES.map((story) => ({
    file: `${shortName(story)}.json`,
    live: async (scene: Scene) => (await played(scene, story, 1_000)).orderId,
  })),
  ...SCENARIOS.map((scenario) => ({
    file: `scenario-${scenario.name.replaceAll('_', '-')}.json`,
    live: async (scene: Scene) => {
      const orderId = newOrderId();
      await play(scene, scenario, orderId);
      return orderId;
    },
  })),
];

if (RECORDING) {
  test('every story is recorded as it runs today', { timeout: 300_000 }, async () => {
    const scene = await openScene({ timeScale: 10 });
    for (const { file, live } of LIVES) {
      const { workflowId } = scene.workflow(await live(scene));
      const show = ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json', '--address'];
      const shown = execFileSync(await temporalCli(), [...show, inject('temporalAddress')], { encoding: 'utf8' });
      const recording = { workflowId, history: anonymous(JSON.parse(shown)) } satisfies Recording;
      writeFileSync(join(FOLDER, file), `${JSON.stringify(recording)}\n`);
    }
    await scene.close();
  });
}

describe('F11: the recorded histories, one of every story and scenario', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const recorded = (name: string): MadeHistory => {
    const { workflowId, history } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Recording;
    return { workflowId, history: historyFromJson(history) };
  };
  /** What each came to, with one worker for all. */
  const errors = new Map<string, Error | undefined>();
  beforeAll(async () => {
    const workflowBundle = { codePath: inject('workflowBundlePath') };
    const waiting = names.values();
    for await (const { error } of Worker.runReplayHistories({ workflowBundle }, names.map(recorded))) {
      errors.set(waiting.next().value ?? '', error);
    }
  });

  test('F11: there is one of each, and there are not more than fifty', () => {
    expect(names).toEqual(expect.arrayContaining(LIVES.map(({ file }) => file)));
    expect(names.length).toBeLessThanOrEqual(50);
  });

  test.each(names)('F11: %s replays on today’s code', (name) => {
    expect(errors.has(name)).toBe(true);
    expect(errors.get(name)).toBeUndefined();
  });

  test('F11: kept as files, as the harness keeps its own for a later build, they are the same histories', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recoup-histories-'));
    try {
      for (const name of names.slice(0, 5)) keepHistory(folder, 'sources', recorded(name));
      const { replayed, failures, madeBy } = await replayKept(folder);
      expect({ replayed, failures, madeBy }).toEqual({ replayed: 5, failures: [], madeBy: { sources: 5 } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('F11: all of them replay with the payload codec turned on since', { timeout: 120_000 }, async () => {
    const codePath = await workflowBundle({ encrypted: true });
    const dataConverter = { payloadCodecs: [createPayloadCodec(randomBytes(32).toString('base64'))] };
    const all = async function* () {
      yield* names.map(recorded);
    };
    expect(await replayAll({ workflowBundle: { codePath }, dataConverter }, all())).toBe(names.length);
  });
});

/** Process and host names of whoever recorded are nobody's business. */
function anonymous(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anonymous);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const told = name === 'identity' || (name === 'name' && typeof member === 'string' && member.includes('@'));
      return [name, told ? 'recorded' : anonymous(member)];
    }),
  );
}
