import type { BreakerSettings } from '../policy/health/settings.ts';
import type { Sheet } from '../policy/sheet.ts';

/** What the running workers said of themselves when they started. */
export interface Deployment {
  mode: 'test' | 'live';
  /** Divides windows and schedules in test mode; 1 otherwise. */
  timeScale: number;
  /** Unscaled. */
  sheets: Sheet[];
  /** Unscaled. */
  breaker: BreakerSettings;
  taskQueue: string;
  /** Id of the key with which the workers encrypt payloads; `null` or left out: in clear. */
  codecKeyId?: string | null;
  /** Ids of the keys with which the workers open credentials. */
  sealingKeyIds?: readonly string[];
}
