import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, findOnPath } from '../paths.ts';
import { runCommand } from './command.ts';
import { withLock } from './lock.ts';
import { type Progress, printProgress } from './progress.ts';
import { downloadWithSdk } from './sdk-download.ts';
import { firstOf } from './sources.ts';

const VERSION = '1.38.0';
const MAVEN_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
const MAVEN_LIMIT_MS = 10 * 60_000;
const OLDEST_JAVA = 17;
const ADVICE = 'Install Maven and Java 17 (Debian: apt-get install maven openjdk-17-jre-headless) and run again.';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>recoup</groupId><artifactId>test-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** The SDK calls it like the native program: `PORT --enable-time-skipping`. */
const SCRIPT = `#!/bin/sh
exec java -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

/** The time-skipping test server, as a path for `server.executable = {type: 'existing-path', path}`. */
export async function timeSkippingServer(progress: Progress = printProgress()): Promise<string> {
  const native = join(cacheDirectory(), 'bin', 'temporal-test-server');
  const fromMaven = join(cacheDirectory(), `temporal-test-server-${VERSION}`);
  const script = join(fromMaven, 'temporal-test-server');
  const there = () => [native, script].find((path) => existsSync(path));
  const ready = there();
  if (ready !== undefined) return ready;
  const lock = join(cacheDirectory(), 'temporal-test-server.lock');
  const waiting = () => progress.note('time-skipping server: waiting for another process that is installing it');
  return await withLock(lock, waiting, async () => {
    const installedMeanwhile = there();
    if (installedMeanwhile !== undefined) return installedMeanwhile;
    const sources = [
      { name: 'release download (as @temporalio/testing does it)', find: () => download(native, progress) },
      { name: `Maven artifact io.temporal:temporal-test-server:${VERSION}`, find: () => maven(fromMaven, progress) },
    ];
    return await firstOf('time-skipping server', sources, ADVICE, progress);
  });
}

async function download(target: string, progress: Progress): Promise<string> {
  mkdirSync(join(target, '..'), { recursive: true });
  const title = 'Downloading the time-skipping server';
  return await progress.step(title, () => downloadWithSdk('createTimeSkipping', target));
}

async function maven(target: string, progress: Progress): Promise<string> {
  await requireJava();
  if (findOnPath('mvn') === undefined) throw new Error('no `mvn` in PATH');
  const directory = `${target}.${process.pid}.install`;
  mkdirSync(directory, { recursive: true });
  try {
    writeFileSync(join(directory, 'pom.xml'), POM);
    const args = ['-B', '-ntp', MAVEN_PLUGIN, '-DoutputDirectory=lib', '-DincludeScope=runtime'];
    await progress.step('Fetching the time-skipping server with Maven', () =>
      runCommand('mvn', args, { cwd: directory, timeoutMs: MAVEN_LIMIT_MS }),
    );
    writeFileSync(join(directory, 'temporal-test-server'), SCRIPT, { mode: 0o755 });
    renameSync(directory, target);
    return join(target, 'temporal-test-server');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function requireJava(): Promise<void> {
  const printed = await runCommand('java', ['-version'], { timeoutMs: 20_000 }).catch(() => {
    throw new Error('no `java` that runs in PATH');
  });
  const major = Number(/version "(\d+)/.exec(printed)?.[1] ?? 0);
  if (major < OLDEST_JAVA) throw new Error(`java is version ${major}, at least ${OLDEST_JAVA} is needed`);
}
