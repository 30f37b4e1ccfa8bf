import type { Rulebook } from '../rulebook.ts';
import rulebook from './default.json' with { type: 'json' };

/** The rulebook of a merchant who has published none. The file is checked by a test, which is why it may be trusted here. */
export const DEFAULT_RULEBOOK = rulebook as Rulebook;
