import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Floor, HOUSE, UNBOUND } from './house.ts';
import { readSource, type Source } from './source.ts';

/** Path from the root, with `/`, to what the file says. */
export type Modules = Map<string, Source>;

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage']);

/** Every TypeScript file of the folders of the house and of the tests. */
export function typescriptFiles(root: string): string[] {
  const entries = readdirSync(root, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.split('/').some((part) => NOT_OURS.has(part) || part.startsWith('.')))
    .sort();
}

export function readModules(root: string): Modules {
  return new Map(typescriptFiles(root).map((path) => [path, readSource(readFileSync(join(root, path), 'utf8'))]));
}

export function floorOf(path: string): Floor | undefined {
  const floors = HOUSE.filter(({ folder }) => path.startsWith(`${folder}/`));
  return floors.sort((a, b) => b.folder.length - a.folder.length)[0];
}

/** Where a relative import leads, as a path from the root; nothing for a package. */
export function target(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : undefined;
}

/** `zod/v4` and `@scope/name/deep` belong to the packages `zod` and `@scope/name`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** What is wrong with these modules, each with the reason of the floor that it broke. */
export function violations(modules: Modules): string[] {
  return [...modules].flatMap(([path, source]) => {
    if (UNBOUND.some((folder) => path.startsWith(`${folder}/`)) || !path.includes('/')) return [];
    const floor = floorOf(path);
    if (floor === undefined)
      return [`${path}: no floor of the house has this folder. Add a row to test/layers/house.ts`];
    return [
      ...forbiddenFolders(path, source, floor),
      ...forbiddenPackages(path, modules, floor),
      ...(floor.mayNotUse ?? [])
        .filter((name) => source.uses.has(name))
        .map((name) => `${path} uses ${name}: ${floor.because}`),
      ...(source.computedImports > 0
        ? [`${path} imports a computed path: write it out, so that it can be checked.`]
        : []),
    ];
  });
}

function forbiddenFolders(path: string, source: Source, floor: Floor): string[] {
  return source.imports.flatMap(({ specifier, typeOnly, lazy }) => {
    const to = target(path, specifier);
    if (to === undefined) return [];
    const toFloor = floorOf(to)?.folder ?? to.split('/')[0] ?? '';
    if (toFloor === floor.folder || floor.mayImport.includes(toFloor)) return [];
    const typesAllowed = floor.mayImportTypesOf?.includes(toFloor) === true;
    if (typeOnly && typesAllowed) return [];
    const lazyAllowed = floor.mayImportLazily?.includes(toFloor) === true;
    if (lazyAllowed && (lazy || typeOnly)) return [];
    const hint = lazyAllowed
      ? ' (`await import()` and `import type` are allowed)'
      : typesAllowed
        ? ' (`import type` is allowed)'
        : '';
    return [`${path} imports ${to}${hint}: ${floor.because}`];
  });
}

/** Follows value imports, so that a package cannot come in by a detour; types leave no trace at run time. */
function forbiddenPackages(path: string, modules: Modules, floor: Floor): string[] {
  const allowed = floor.mayReachPackages;
  if (allowed === undefined) return [];
  const found: string[] = [];
  const seen = new Set([path]);
  const queue = [[path]];
  for (let chain = queue.shift(); chain !== undefined; chain = queue.shift()) {
    const here = chain[chain.length - 1] ?? '';
    for (const { specifier, typeOnly } of modules.get(here)?.imports ?? []) {
      if (typeOnly) continue;
      const next = target(here, specifier);
      if (next === undefined) {
        if (allowed.includes(packageOf(specifier))) continue;
        found.push(`${[...chain, specifier].join(' → ')}: ${floor.because}`);
      } else if (!seen.has(next)) {
        seen.add(next);
        queue.push([...chain, next]);
      }
    }
  }
  return found;
}
