import type { Instant } from '../policy/terms.ts';
import { BadCursor } from './errors.ts';

/** The last row of a page: the next one starts after it. */
export interface OrderCursor {
  updatedAt: Instant;
  orderId: string;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const ORDER_ID = /^[A-Za-z0-9_-]{1,40}$/;

export function encodeCursor(cursor: OrderCursor): string {
  return Buffer.from(`${cursor.updatedAt} ${cursor.orderId}`).toString('base64url');
}

/** @throws BadCursor */
export function decodeCursor(text: string): OrderCursor {
  const [updatedAt = '', orderId = '', ...rest] = Buffer.from(text, 'base64url').toString('utf8').split(' ');
  const valid = rest.length === 0 && INSTANT.test(updatedAt) && !Number.isNaN(Date.parse(updatedAt));
  if (!valid || !ORDER_ID.test(orderId)) throw new BadCursor();
  return { updatedAt, orderId };
}
