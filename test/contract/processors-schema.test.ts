import { expect, test } from 'vitest';
import { processorsSchema } from '../../contract/schemas/processors.ts';
import { DEFAULT_BREAKER } from '../../policy/health/settings.ts';
import { SIMULATOR_SHEETS } from '../../processors/simulator/sheets.ts';

test('the API document knows every field of a sheet and of a breaker', () => {
  const health = {
    state: 'closed',
    since: null,
    downUntil: null,
    opens: 0,
    held: 0,
    calls: { good: 0, bad: 0 },
  };
  const processors = Object.values(SIMULATOR_SHEETS).map((sheet) => ({ processor: sheet.processor, sheet, health }));
  expect(processorsSchema.parse({ processors, breaker: DEFAULT_BREAKER }).processors).toEqual(processors);
});
