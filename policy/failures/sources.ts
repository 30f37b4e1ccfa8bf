/** Processors whose codes are listed under another name than their own. */
const SOURCE_OF_PROCESSOR: ReadonlyMap<string, string> = new Map([
  ['alpha', 'simulator'],
  ['beta', 'simulator'],
  ['gamma', 'simulator'],
]);

/** The table in which a processor's own codes are looked up. */
export function codeSourceOf(processor: string): string {
  return SOURCE_OF_PROCESSOR.get(processor) ?? processor;
}
