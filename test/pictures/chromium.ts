import { existsSync } from 'node:fs';
import { findOnPath } from '../../cli/launcher/paths.ts';

/** What a headless Chromium needs to start anywhere and to call nobody. */
export const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const DEBIAN_CHROMIUM = '/usr/bin/chromium';

/** `CHROMIUM_PATH`, else one on PATH, else Debian's. @throws with what to do when there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string {
  const { CHROMIUM_PATH } = env;
  if (CHROMIUM_PATH) {
    if (existsSync(CHROMIUM_PATH)) return CHROMIUM_PATH;
    throw new Error(`CHROMIUM_PATH is ${CHROMIUM_PATH}, and nothing is there.`);
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = findOnPath(name, env);
    if (found !== undefined) return found;
  }
  if (existsSync(DEBIAN_CHROMIUM)) return DEBIAN_CHROMIUM;
  throw new Error('There is no Chromium. Install one (Debian: apt-get install chromium), or set CHROMIUM_PATH.');
}
