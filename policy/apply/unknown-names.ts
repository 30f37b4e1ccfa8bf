import { type Draft, tell } from '../draft.ts';
import type { Instrument } from '../instrument.ts';

/**
 * Names in a request that nothing here knows. They are taken, for a shop must not stop being paid because a processor was
 * taken out; but each may be mistyped, and would show only as a processor that is skipped, or that is not.
 */
export function tellUnknownNames(draft: Draft): void {
  const features = unknownFeatures(draft);
  if (features.length > 0) {
    const what = `Features that no processor’s sheet and no rule names: ${features.join(', ')}`;
    tell(
      draft,
      'feature_unknown',
      `${what}. Every processor takes them, or they are mistyped: they decide nothing here`,
    );
  }
  tellUnknownProcessors(draft, draft.order.instruments);
}

export function tellUnknownProcessors(draft: Draft, instruments: Instrument[]): void {
  const known = new Set(['*', ...draft.sheets.map(({ processor }) => processor)]);
  const given = instruments.flatMap(({ credentials }) => credentials.map(({ processor }) => processor));
  const unknown = [...new Set(given)].filter((processor) => !known.has(processor));
  if (unknown.length === 0) return;
  const what = `Credentials of processors that are not here: ${unknown.join(', ')}`;
  tell(draft, 'processor_unknown', `${what}. Nothing is sent to them`);
}

/** A sheet names the features that its processor lacks: one that none of them lacks and no rule asks for may be right. */
function unknownFeatures({ order, sheets, rulebook }: Draft): string[] {
  const inSheets = sheets.flatMap(({ unsupportedFeatures }) => unsupportedFeatures);
  const conditions = rulebook.rules.flatMap(({ when }) => when);
  const inRules = conditions.flatMap((condition) => (condition.fact === 'feature' ? [condition.value] : []));
  const named = new Set([...inSheets, ...inRules]);
  return order.facts.features.filter((feature) => !named.has(feature));
}
