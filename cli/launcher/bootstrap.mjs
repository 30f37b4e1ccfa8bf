// The first thing that `npm start`, `npm stop` and `npm test` run. It needs nothing but Node: on a fresh clone there is
// no node_modules yet, so it installs the packages and then runs the TypeScript entry in this very process.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const OLDEST_NODE = [20, 19];
const LOCK_STALE_MS = 15 * 60_000;

/** Installs what is missing, then runs a TypeScript file of this folder. */
export async function run(entry) {
  requireNode();
  if (!packagesMatch()) await installPackages();
  const { register } = await import(
    pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'esm', 'api', 'index.mjs')).href
  );
  register();
  await import(pathToFileURL(join(root, 'cli', 'launcher', entry)).href);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  process.stderr.write(`Recoup needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

/** Whether node_modules holds what package-lock.json asks for, by npm's own record of what it installed. */
function packagesMatch() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    // Optional packages are those of other platforms.
    if (installed[path] === undefined) return optional === true;
    return installed[path].version === version;
  });
}

async function installPackages() {
  const lock = join(root, '.recoup', 'npm-ci.lock');
  mkdirSync(dirname(lock), { recursive: true });
  while (!takeLock(lock)) {
    process.stderr.write('  Another process is installing the npm packages; waiting …\n');
    await sleep(3000);
  }
  try {
    if (packagesMatch()) return;
    const since = Date.now();
    const seconds = () => `${Math.round((Date.now() - since) / 1000)} s`;
    process.stderr.write('  Installing the npm packages (npm ci) …\n');
    const tick = setInterval(() => process.stderr.write(`  Installing the npm packages … ${seconds()}\n`), 10_000);
    const { code, output } = await npmCi().finally(() => clearInterval(tick));
    if (code !== 0) {
      process.stderr.write(`${output.trim()}\n\nnpm ci failed (exit ${code}), so nothing was started.\n`);
      process.stderr.write('Check that the npm registry can be reached, then run the same command again.\n');
      process.exit(1);
    }
    process.stderr.write(`  npm packages installed in ${seconds()}\n`);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function takeLock(lock) {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    try {
      if (Date.now() - statSync(lock).mtimeMs > LOCK_STALE_MS) rmSync(lock, { recursive: true, force: true });
    } catch {
      // Released in the meantime.
    }
    return false;
  }
}

function npmCi() {
  const npmScript = process.env.npm_execpath;
  const [command, first] = npmScript?.endsWith('.js') ? [process.execPath, [npmScript]] : ['npm', []];
  const child = spawn(command, [...first, 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((settle) => {
    child.once('error', (error) => settle({ code: 1, output: error.message }));
    child.once('close', (code) => settle({ code: code ?? 1, output }));
  });
}
