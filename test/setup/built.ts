import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** A file reads what lies beside its source (migrations, pages), wherever it is run. */
const whereItsSourceIs: Plugin = {
  name: 'where-its-source-is',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8');
      return {
        contents: contents.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        loader: 'ts',
      };
    });
  },
};

/**
 * A `main.ts` with all that it imports of ours as it stands at this moment, as one file of JavaScript that `node` runs as it is. Tests start more than a
 * hundred processes, and to compile the sources at each start takes two thirds of it.
 *
 * @param root the checkout, or a copy of it: packages are found from there
 */
export async function builtMain(root: string, file: string): Promise<string> {
  const path = join(root, file);
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    plugins: [whereItsSourceIs],
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const name = relative(root, dirname(path)).replaceAll('/', '-');
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const output = join(root, '.recoup', 'built', `${name}-${basename(path, '.ts')}-${hash}.mjs`);
  if (existsSync(output)) return output;
  mkdirSync(dirname(output), { recursive: true });
  const unfinished = `${output}.${process.pid}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, output);
  return output;
}
