import { type Ceiling, type CeilingCount, readingsOf } from '../policy/ceilings/ceilings.ts';
import type { ForbiddenReading } from '../policy/ceilings/ledger.ts';
import type { CardReading, CardTry, ReadCardsInput } from './card-ledger.ts';
import type { Database } from './database.ts';
import { toJson } from './json.ts';

/** As `card_reading` in `migrations/0006_card_ledger.sql` answers. */
export interface CardRow {
  network: string | null;
  forbidden: (Omit<ForbiddenReading, 'identity'> & { processor: string }) | null;
  counts: (CeilingCount & { reached: boolean })[];
}

export function cardReading(identity: string, row: CardRow, ceilings: Ceiling[]): CardReading {
  const { network, forbidden, counts } = row;
  return {
    identity,
    network,
    ceilings: readingsOf(identity, counts, ceilings),
    forbidden: forbidden === null ? [] : [forbiddenReading(identity, forbidden)],
  };
}

function forbiddenReading(identity: string, mark: NonNullable<CardRow['forbidden']>): ForbiddenReading {
  const { since, orderId, attempt, failureClass, source } = mark;
  return { identity, since, orderId, attempt, failureClass, source };
}

/** Of a ceiling only what is counted with: documents are for people. */
export function countedCeilings(ceilings: Ceiling[]) {
  return ceilings.map(({ name, network, counts, sameAmount, limit, windowMs }) => ({
    name,
    network,
    counts,
    sameAmount,
    limit,
    windowMs,
  }));
}

export function encodeCeilings(ceilings: Ceiling[]): string {
  return toJson(countedCeilings(ceilings));
}

export async function readCards(database: Database, input: ReadCardsInput): Promise<CardReading[]> {
  const { merchantId, cards, amountMinor, currency, ceilings, now } = input;
  if (cards.length === 0) return [];
  const rows = await database.statement<{ row: CardRow }>(
    'read_cards',
    'SELECT row FROM read_cards($1, $2::jsonb, $3::bigint, $4, $5::timestamptz, $6::jsonb) row',
    [merchantId, toJson(cards), amountMinor, currency, now, encodeCeilings(ceilings)],
  );
  return cards.flatMap(({ identity }, index) => {
    const row = rows[index]?.row;
    return row === undefined ? [] : [cardReading(identity, row, ceilings)];
  });
}

interface TryRow extends Omit<CardTry, 'amountMinor' | 'countedAt'> {
  amountMinor: string;
  countedAt: Date;
}

export async function listCardTries(database: Database, merchantId: string, identity: string): Promise<CardTry[]> {
  const rows = await database.statement<TryRow & Record<string, unknown>>(
    'list_card_tries',
    `SELECT order_id AS "orderId", attempt, key, processor, identity, identity_from AS "identityFrom", network,
            amount_minor AS "amountMinor", currency, started_by AS "startedBy", state, counted_at AS "countedAt"
       FROM card_ledger WHERE merchant_id = $1 AND card = ANY (cards_named($1, ARRAY[$2]))
      ORDER BY counted_at, key, try`,
    [merchantId, identity],
  );
  return rows.map((row) => ({ ...row, amountMinor: Number(row.amountMinor), countedAt: row.countedAt.toISOString() }));
}
