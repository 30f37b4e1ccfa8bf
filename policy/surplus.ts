import { type Draft, tell } from './draft.ts';
import { moneyOf } from './facts.ts';
import { instantText, minorText } from './words.ts';

/** Says when money became known that the order must not keep, and when the last of it was gone. Read off the money alone. */
export function noteSurplus(draft: Draft): void {
  const { order } = draft;
  const { held } = moneyOf(order);
  const open = order.surplus?.endedAt === null ? order.surplus : undefined;
  if (held > 0 && held > (open?.minor ?? 0)) {
    const number = open?.number ?? (order.surplus?.number ?? 0) + 1;
    order.surplus = {
      number,
      since: open?.since ?? draft.now,
      minor: held,
      endedAt: null,
      confirmed: [],
      again: false,
    };
    tell(draft, 'surplus_found', `${minorText(order, held)} is here that the order must not keep: it goes back`);
  }
  if (held > 0 || open === undefined) return;
  order.surplus = { ...open, endedAt: draft.now };
  const accepted = order.accepted !== undefined && order.accepted.at === draft.now;
  if (accepted) return;
  const text = `${minorText(order, open.minor)} was given back; it was here since ${instantText(open.since)}`;
  tell(draft, 'surplus_returned', text);
  draft.events.push({ type: 'order.surplus_returned', at: draft.now, cause: `surplus ${open.number}` });
}
