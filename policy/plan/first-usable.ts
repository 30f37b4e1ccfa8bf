import { type Draft, sheetOf, tellSkipped } from '../draft.ts';
import type { Instrument } from '../order.ts';
import type { Sheet } from '../sheet.ts';
import { canUse } from './usable.ts';

/** The first processor of the rule that can take the instrument; why others were passed over is told. */
export function firstUsable(draft: Draft, instrument: Instrument): Sheet | undefined {
  for (const processor of draft.rule.processors) {
    const sheet = sheetOf(draft, processor);
    if (sheet !== undefined && canUse(draft, sheet, instrument, true)) return sheet;
    const why = sheet === undefined ? 'no such processor is set up' : (draft.refused.at(-1)?.why ?? 'not usable');
    tellSkipped(draft, processor, why);
  }
  return undefined;
}
