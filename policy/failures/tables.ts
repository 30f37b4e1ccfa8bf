import { buildTables } from './rows.ts';
import { MASTERCARD_MAC_ROWS } from './tables/mastercard-mac.ts';
import { SIMULATOR_ROWS } from './tables/simulator.ts';
import { TRANSPORT_ROWS } from './tables/transport.ts';
import { VISA_ROWS } from './tables/visa.ts';

/** Every code that we know. Another source is another file of rows, named here. */
export const FAILURE_TABLES = buildTables([...TRANSPORT_ROWS, ...SIMULATOR_ROWS, ...VISA_ROWS, ...MASTERCARD_MAC_ROWS]);
