import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../cli/launcher/paths.ts';

const PRODUCT = [
  ...['policy', 'contract', 'processors', 'store', 'workflows'],
  ...['activities', 'worker', 'client', 'gateway', 'simulator'],
];

/** Which state of the product a batch was run on: a short hash of every file that decides how it behaves. */
export function sourcesHash(root = ROOT): string {
  const hash = createHash('sha256');
  for (const folder of PRODUCT) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort())
      hash
        .update(`${file.slice(root.length)}\n`)
        .update(readFileSync(file))
        .update('\n');
  }
  return hash.digest('hex').slice(0, 12);
}
