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
export async function storedHistories(scene: Scene, codecKeys = ''): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId, raw } of listed(scene)) {
    const handle = scene.client.workflow.getHandle(workflowId, runId);
    texts.push(...(await textsIn(raw, codecKeys)), ...(await textsIn((await handle.describe()).raw, codecKeys)));
    texts.push(...(await textsIn(await handle.fetchHistory(), codecKeys)));
  }
  return texts.join('\n');
}

/** What orders answer to queries, the details of Temporal Web UI among them. Once each has had its first task. */
export async function queriesText(scene: Scene): Promise<string> {
  const answers: unknown[] = [];
  for await (const { workflowId, runId } of listed(scene)) {
    if (orderOfWorkflowId(workflowId) === null) continue;
    const handle = scene.client.workflow.getHandle(workflowId, runId);
    for (const name of ['__temporal_workflow_metadata', 'timeline', 'nextAction', 'explain', 'money']) {
      // A run that had no task yet answers nothing; the caller looks that enough was answered.
      answers.push(await handle.query(name).catch(() => null));
    }
  }
  return answers.map((answer) => JSON.stringify(answer)).join('\n');
}

function listed({ client, taskQueue }: Scene) {
  return client.workflow.list({ query: `TaskQueue = '${taskQueue}'` });
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
