// A Stryker test runner for pure code. Stryker's own runner for vitest starts a process for each mutant, which takes a
// second; a pure test takes a millisecond. Here every test is loaded once and called again for each mutant, in a process
// that Stryker starts anew when a mutant hangs, or is in code that runs only while a module loads.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const fromHere = createRequire(import.meta.url);
const STATUS = { passed: 0, failed: 1 };

class InProcessRunner {
  static inject = ['options'];
  #paths;
  #quick;
  #state;
  #tests = null;

  constructor(options) {
    this.#paths = options.inProcess.tests;
    this.#quick = options.ignoreStatic;
    this.#state = globalThis.__stryker__ ??= {};
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    const { register } = await import('tsx/esm/api');
    register();
  }

  async dryRun() {
    const tests = await this.#load();
    const results = [];
    for (const { id, fileName, run } of tests.values()) {
      this.#state.currentTestId = id;
      const startedMs = performance.now();
      const failureMessage = await failureOf(run);
      const timeSpentMs = performance.now() - startedMs;
      const told = { id, name: id, fileName, timeSpentMs };
      results.push(
        failureMessage === null
          ? { ...told, status: STATUS.passed }
          : { ...told, status: STATUS.failed, failureMessage },
      );
    }
    this.#state.currentTestId = undefined;
    const { mutantCoverage } = this.#state;
    if (this.#quick) forgetLoading(mutantCoverage);
    return { status: 'complete', tests: results, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    Object.assign(this.#state, { activeMutant: activeMutant.id, hitCount: 0, hitLimit });
    let tests;
    try {
      tests = await this.#load();
    } catch (error) {
      // It broke while a module was loading: no test can pass.
      return { status: 'killed', killedBy: testFilter ?? [], failureMessage: String(error), nrOfTests: 0 };
    }
    let nrOfTests = 0;
    const asked = testFilter === undefined ? [...tests.keys()] : testFilter.toSorted(examplesFirst);
    for (const id of asked) {
      nrOfTests += 1;
      const failureMessage = await failureOf(tests.get(id).run);
      if (this.#state.hitCount > hitLimit) return { status: 'timeout', reason: 'a loop without an end' };
      if (failureMessage !== null) return { status: 'killed', killedBy: [id], failureMessage, nrOfTests };
    }
    return { status: 'survived', nrOfTests };
  }

  async #load() {
    this.#tests ??= await loadTests(this.#paths);
    return this.#tests;
  }
}

/**
 * What runs while a module loads and in a test as well is asked about by the test alone: otherwise a process would start for
 * each of them (a file of tests that plays an order to name its cases is enough).
 */
function forgetLoading({ static: loading, perTest }) {
  for (const covered of Object.values(perTest)) for (const id of Object.keys(covered)) delete loading[id];
}

/** Property tests, which have their seed in their name, take a hundred times as long as examples. */
function examplesFirst(one, other) {
  return Number(one.includes('(with seed=')) - Number(other.includes('(with seed='));
}

async function failureOf(run) {
  try {
    await run();
    return null;
  } catch (error) {
    return String(error?.message ?? error);
  }
}

/** Every test in these folders and files, by id, ready to be called. */
async function loadTests(paths) {
  const runnerFile = createRequire(fromHere.resolve('vitest/package.json')).resolve('@vitest/runner');
  const { collectTests, startTests } = await import(pathToFileURL(runnerFile).href);
  const { TestRunner, test } = await import('vitest');
  const files = paths.flatMap((path) => (path.endsWith('.ts') ? [resolve(path)] : testFilesIn(path)));
  const config = {
    root: process.cwd(),
    allowOnly: false,
    sequence: { hooks: 'stack', setupFiles: 'list', seed: 1, concurrent: false, shuffle: false },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    maxConcurrency: 1,
    includeTaskLocation: false,
    passWithNoTests: true,
    setupFiles: [],
    tags: [],
  };
  const importFile = (file) => import(pathToFileURL(file).href);
  await importFile(resolve('test/setup/properties.ts'));
  // A mutant is noticed by the first failure; looking for the smallest one took longer than the time limit.
  const { configureGlobal, readConfigureGlobal } = await import('fast-check');
  configureGlobal({ ...readConfigureGlobal(), endOnFailure: true });
  const suites = await collectTests(
    files.map((filepath) => ({ filepath })),
    { config, importFile },
  );
  const tests = new Map();
  for (const suite of suites) addTests(suite, [], tests, suite.filepath, TestRunner);
  // Property tests ask which test is running, so one is: it never ends while this process lives.
  await new Promise((started) => {
    const host = { config, importFile: () => test('host', () => new Promise(() => started())) };
    void startTests([{ filepath: join(process.cwd(), 'host') }], host);
  });
  return tests;
}

function testFilesIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.test.ts'));
  return files.map((file) => resolve(folder, file));
}

function addTests(suite, path, tests, fileName, TestRunner) {
  if (suite.result?.state === 'fail') throw new Error(`${fileName}: ${suite.result.errors?.[0]?.message}`);
  const hooks = TestRunner.getSuiteHooks(suite);
  if (Object.values(hooks).some((list) => list.length > 0))
    throw new Error(`${fileName} has hooks: not for this runner`);
  for (const task of suite.tasks) {
    if (task.type === 'suite') addTests(task, [...path, task.name], tests, fileName, TestRunner);
    else {
      const name = `${fileName.slice(process.cwd().length + 1)}#${[...path, task.name].join(' ')}`;
      // Rows of a table may share a name.
      const id = tests.has(name) ? `${name} ${tests.size}` : name;
      tests.set(id, { id, fileName, run: TestRunner.getTestFn(task) });
    }
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner }];
