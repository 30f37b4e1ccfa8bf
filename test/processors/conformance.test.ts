import { conformance } from '../../processors/conformance/conformance.ts';
import { SIMULATED_PROCESSORS } from '../../processors/simulator/sheets.ts';
import { simulatorHarness } from './simulator-harness.ts';

for (const name of SIMULATED_PROCESSORS) conformance(name, () => simulatorHarness(name));
