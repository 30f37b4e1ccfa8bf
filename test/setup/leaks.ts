/** Every place where something secret could stand, as text. Used by tests that look for a canary, and prove that they find it. */
import type { Payload } from '@temporalio/common';
import { expect } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { orderOfWorkflowId } from '../../contract/ids.ts';
import { createPayloadCodec } from '../../contract/payload-codec.ts';
import type { Scene } from './scene.ts';

/** The lines that hold one of these. Empty: nothing leaked. */
export function linesWith(text: string, secrets: string[]): string[] {
  return text.split('\n').filter((line) => secrets.some((secret) => line.includes(secret)));
}

/** Every history that this scene made, as it is stored and, where it is encrypted, as it is read. Details and memo too. */
export async function historiesText(scene: Scene, codecKeys = ''): Promise<string> {
  const texts: string[] = [];
  const { workflow } = scene.client;
  for await (const { workflowId, runId, raw } of workflow.list({ query: `TaskQueue = '${scene.taskQueue}'` })) {
    const handle = workflow.getHandle(workflowId, runId);
    texts.push(...(await textsIn(raw, codecKeys)), ...(await textsIn((await handle.describe()).raw, codecKeys)));
    texts.push(...(await textsIn(await handle.fetchHistory(), codecKeys)));
    if (orderOfWorkflowId(workflowId) === null) continue;
    for (const name of ['__temporal_workflow_metadata', 'timeline', 'nextAction', 'explain', 'money']) {
      texts.push(JSON.stringify(await handle.query(name)));
    }
  }
  return texts.join('\n');
}

async function textsIn(value: unknown, codecKeys: string): Promise<string[]> {
  const texts: string[] = [];
  const encrypted: Payload[] = [];
  collect(value, texts, encrypted);
  if (codecKeys === '') return texts;
  collect(await createPayloadCodec(codecKeys).decode(encrypted), texts, []);
  return texts;
}

function collect(value: unknown, texts: string[], payloads: Payload[]): void {
  if (typeof value === 'string') texts.push(value);
  else if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('utf8'));
  else if (typeof value === 'object' && value !== null) {
    if ('metadata' in value && 'data' in value) payloads.push(value as Payload);
    for (const [name, member] of Object.entries(value)) {
      texts.push(name);
      collect(member, texts, payloads);
    }
  }
}

/** Every row of every table: orders, timeline, claims, inbox, outbox, audit, idempotency, whatever there is. */
export async function databaseText(scene: Scene): Promise<string> {
  const tables = (await query(
    scene.databaseUrl,
    "select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables " +
      "where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
  )) as { name: string }[];
  expect(tables.length).toBeGreaterThan(8);
  const rows = await Promise.all(
    tables.map(({ name }) => query(scene.databaseUrl, `select t::text as row from ${name} t`)),
  );
  return (rows.flat() as { row: string }[]).map(({ row }) => row).join('\n');
}
