import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.ts';
import { temporalCli } from './tools/temporal-cli.ts';
import { timeSkippingServer } from './tools/test-server.ts';

/**
 * `npm test`: types, lint and format, unused code, then every test. The last line counts them all. With arguments
 * (`npm test -- test/policy`) only vitest runs, with these arguments.
 */
const CHECKS = [
  { title: 'Types (tsc)', args: ['tsc', '--project', ROOT] },
  { title: 'Lint and format (biome ci)', args: ['biome', 'ci', '--error-on-warnings', ROOT] },
  { title: 'Unused code (knip)', args: ['knip'] },
];

interface Count {
  passed: number;
  failed: number;
}

let current: ReturnType<typeof spawn> | undefined;

/** Runs a program of node_modules with our own terminal. */
function runTool([tool, ...args]: string[]): Promise<number> {
  return new Promise((resolve) => {
    current = spawn(join(ROOT, 'node_modules', '.bin', tool ?? ''), args, { cwd: ROOT, stdio: 'inherit' });
    current.once('error', () => resolve(1));
    current.once('exit', (code) => resolve(code ?? 1));
  });
}

async function runChecks(): Promise<Count> {
  const count = { passed: 0, failed: 0 };
  for (const { title, args } of CHECKS) {
    const since = Date.now();
    process.stdout.write(`\n${title}\n`);
    const good = (await runTool(args)) === 0;
    count[good ? 'passed' : 'failed'] += 1;
    process.stdout.write(`  ${good ? 'ok' : 'FAILED'} in ${((Date.now() - since) / 1000).toFixed(1)} s\n`);
  }
  return count;
}

async function runTests(args: string[]): Promise<Count> {
  const directory = mkdtempSync(join(tmpdir(), 'recoup-report-'));
  const report = join(directory, 'report.json');
  try {
    process.stdout.write('\nTests (vitest)\n');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await runTool(['vitest', 'run', ...reporters, ...args]);
    return countTests(report, code);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A run that failed without a failed test (a setup, an unhandled error, a file that does not load) counts as one. */
function countTests(report: string, code: number): Count {
  let count = { passed: 0, failed: 0 };
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    count = { passed: numPassedTests ?? 0, failed: numFailedTests ?? 0 };
  } catch {
    // No report: vitest did not get that far.
  }
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

async function main(args: string[]): Promise<number> {
  await temporalCli();
  await timeSkippingServer();
  const checks = args.length === 0 ? await runChecks() : { passed: 0, failed: 0 };
  const tests = await runTests(args);
  const failed = checks.failed + tests.failed;
  process.stdout.write(`\n${checks.passed + tests.passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    current?.kill(signal);
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 20_000).unref();
  });
}

main(process.argv.slice(2)).then(
  (code) => process.exit(process.exitCode ?? code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n0 passed, 1 failed\n`);
    process.exit(1);
  },
);
