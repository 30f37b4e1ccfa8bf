import type { OperationResult } from '../policy/answers.ts';
import { type CardRow, cardReading } from './cards.ts';
import type { Database } from './database.ts';
import { encodeClaim, encodeProgress, keptOf } from './encode.ts';
import { UnknownOperation } from './errors.ts';
import { toJson } from './json.ts';
import type {
  ClaimAnswer,
  ClaimInput,
  Progress,
  RecallInput,
  RecordAnswerInput,
  RecordOutcomeInput,
  SaveAnswer,
} from './store.ts';

interface ClaimRow {
  answer: ClaimAnswer['kind'];
  what: string | null;
  resend_until: Date | null;
  result: OperationResult | null;
  reading: CardRow | null;
}

/** One statement, one commit. The rule is written over claim_operation in `migrations/0003_claim.sql`. */
export async function claimOperation(database: Database, input: ClaimInput): Promise<ClaimAnswer> {
  const progress = encodeProgress(checked(input));
  const [row] = await database.statement<ClaimRow>(
    'claim_operation',
    'SELECT * FROM claim_operation($1::jsonb, $2::jsonb)',
    [encodeClaim(input), progress],
  );
  if (!row) throw new Error('claim_operation answered nothing');
  return claimAnswer(row, input);
}

function checked(input: ClaimInput): Progress {
  const { progress } = input;
  if (progress.merchantId !== input.merchantId || progress.orderId !== input.orderId) {
    throw new Error('A claim and the progress saved with it must be of the same order');
  }
  return progress;
}

function claimAnswer(row: ClaimRow, { card: counted, ceilings = [] }: ClaimInput): ClaimAnswer {
  const reading = counted && row.reading ? cardReading(counted.identity, row.reading, ceilings) : null;
  const card = reading === null ? {} : { card: reading };
  switch (row.answer) {
    case 'granted':
      return { kind: 'granted', ...card };
    case 'expired':
      return { kind: 'expired' };
    case 'ceiling':
    case 'forbidden':
      return { kind: row.answer, card: present(reading) };
    case 'sent_again':
      return { kind: 'sent_again', resendUntil: present(row.resend_until).toISOString(), ...card };
    case 'recorded':
      return { kind: 'recorded', result: present(row.result) };
    case 'conflict':
      return { kind: 'conflict', what: present(row.what) };
    case 'order_exists':
      return { kind: 'order_exists' };
    default:
      throw new Error(`claim_operation gave an answer that this code does not know: ${row.answer satisfies never}`);
  }
}

export async function saveProgress(database: Database, progress: Progress): Promise<SaveAnswer> {
  const [row] = await database.statement<{ answer: SaveAnswer }>(
    'save_progress',
    'SELECT save_progress($1::jsonb) AS answer',
    [encodeProgress(progress)],
  );
  if (!row) throw new Error('save_progress answered nothing');
  return row.answer;
}

export async function recordOutcome(database: Database, input: RecordOutcomeInput): Promise<void> {
  const [row] = await database.statement<{ known: boolean }>(
    'record_outcome',
    'SELECT record_outcome($1, $2::jsonb) AS known',
    [input.key, toJson(keptOf(input.result))],
  );
  if (!row?.known) throw new UnknownOperation();
}

export async function recordAnswer(database: Database, input: RecordAnswerInput): Promise<{ foretold: boolean }> {
  const [row] = await database.statement<{ known: boolean; foretold: boolean }>(
    'record_answer',
    'SELECT * FROM record_answer($1, $2::jsonb, $3::jsonb)',
    [input.key, toJson(keptOf(input.result)), encodeProgress(input.progress)],
  );
  if (!row?.known) throw new UnknownOperation();
  return { foretold: row.foretold };
}

export async function recallAnswer(database: Database, input: RecallInput): Promise<OperationResult | null> {
  const [row] = await database.statement<{ answer: OperationResult | null }>(
    'recall_answer',
    'SELECT recall_answer($1, $2, $3, $4, $5) AS answer',
    [input.merchantId, input.orderId, input.key, input.runId, input.position],
  );
  return row?.answer ?? null;
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('The store answered without a value that belongs to the answer');
  return value;
}
