import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { runBatch } from './batch.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { replayKept } from './kept-histories.ts';
import { type BatchLine, boundOf, complaintsOf, isClean, jsonOf, lineOf, originsOf, sumOf, tableOf } from './report.ts';
import { Results } from './results.ts';
import { SABOTAGES, type SabotageName } from './sabotage.ts';
import { sourcesHash } from './sources.ts';

const USAGE = `npm run chaos -- [options]

  --seed S         the series of orders and faults; the same seed gives the same (default 1)
  --orders N       orders to play (default 250)
  --batch-size N   orders in one world; each batch begins with fresh servers (default 250)
  --batch B        only this batch of the series
  --in-flight N    orders at the same time (default 40)
  --faults a,b     any of ${FAULT_KINDS.join(', ')} (default: all)
  --sabotage G     with one guard taken out, which must be found: ${Object.keys(SABOTAGES).join(', ')}
  --toxiproxy      a proxy between our processes and what they call, for the fault network (built with Go once)
  --time-scale N   default: 60, 600 and 6000 in turn
  --replays N      histories to replay in each batch (default 50)
  --keep-histories DIR  where these histories are kept, for a later build
  --replay DIR     replays the histories kept there on today's sources, and runs nothing else
  --results FILE   one line for each finished batch (default .recoup/chaos/results.jsonl)
  --resume         goes on with the batch after the last one of this seed
  --sum            prints the sum of all lines, and of which sources they are; runs nothing
  --sources HASH   with --sum: only the lines of these sources
  --which          prints the hash of today's sources and runs nothing
  --tell           prints the story of every order
  --json           the result as one JSON object
`;

const say = (line: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      orders: { type: 'string', default: '250' },
      'batch-size': { type: 'string', default: '250' },
      batch: { type: 'string' },
      'in-flight': { type: 'string', default: '40' },
      faults: { type: 'string', default: FAULT_KINDS.join(',') },
      'time-scale': { type: 'string' },
      sabotage: { type: 'string' },
      toxiproxy: { type: 'boolean', default: false },
      replays: { type: 'string', default: '50' },
      'keep-histories': { type: 'string' },
      replay: { type: 'string' },
      results: { type: 'string' },
      resume: { type: 'boolean', default: false },
      sum: { type: 'boolean', default: false },
      sources: { type: 'string' },
      which: { type: 'boolean', default: false },
      tell: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: string, text: string, least: number) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) throw new Error(`--${name} must be a whole number from ${least}`);
    return value;
  };
  const faults = values.faults.split(',').filter((kind) => kind !== '' && kind !== 'none');
  for (const kind of faults) {
    if (!FAULT_KINDS.includes(kind as FaultKind))
      throw new Error(`--faults: ${kind} is none of ${FAULT_KINDS.join(', ')}`);
  }
  const { sabotage } = values;
  if (sabotage !== undefined && !Object.hasOwn(SABOTAGES, sabotage))
    throw new Error(`--sabotage: no guard ${sabotage}`);
  return {
    ...values,
    sabotage: sabotage as SabotageName | undefined,
    seed: whole('seed', values.seed, 0),
    orders: whole('orders', values.orders, 1),
    batchSize: whole('batch-size', values['batch-size'], 1),
    batch: values.batch === undefined ? undefined : whole('batch', values.batch, 0),
    inFlight: whole('in-flight', values['in-flight'], 1),
    timeScale: values['time-scale'] === undefined ? undefined : whole('time-scale', values['time-scale'], 1),
    replays: whole('replays', values.replays, 0),
    keepHistories: values['keep-histories'],
    faults: faults as FaultKind[],
  };
}

type Options = ReturnType<typeof readOptions>;

async function run(options: Options): Promise<number> {
  if (options.which) {
    process.stdout.write(`${sourcesHash()}\n`);
    return 0;
  }
  if (options.replay !== undefined) return printReplay(options.replay);
  const results = new Results(options.results);
  if (options.sum) return print(options, results);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { seed, batchSize } = options;
  const from = options.batch ?? (options.resume ? results.nextBatch(seed) : 0);
  const lines: BatchLine[] = [];
  let unfinished = 0;
  for (let batch = from, left = options.orders; left > 0; batch += 1, left -= batchSize) {
    try {
      lines.push(await play(options, results, batch, Math.min(batchSize, left)));
    } catch (error) {
      say(`batch ${batch} could not be played to its end: ${(error as Error).stack}`);
      unfinished += 1;
    }
  }
  const report = sumOf(lines);
  process.stdout.write(
    options.json ? `${jsonOf({ ...report, seed })}\n` : `${tableOf({ ...report, seed })}\n${boundOf(lines)}\n`,
  );
  return isClean(report) && unfinished === 0 ? 0 : 1;
}

/** @throws when the batch cannot be played to its end, or the sources are others by then: it would tell of neither. */
async function play(options: Options, results: Results, batch: number, orders: number): Promise<BatchLine> {
  const { seed, batchSize } = options;
  const result = await runBatch({ ...options, batch, orders, tellAll: options.tell, say });
  if (sourcesHash() !== result.sources) throw new Error('the sources changed meanwhile');
  const line = lineOf(result);
  say(
    `batch ${batch}: ${line.ordersPerSecond} orders/s, ${line.tried} of ${orders} tried; ${JSON.stringify(line.stages)}; answers ${JSON.stringify(line.answers)}`,
  );
  const clean = isClean(line);
  const again =
    `Again: npm run chaos -- --seed ${seed} --batch ${batch} --orders ${orders} --batch-size ${batchSize} ` +
    `--time-scale ${line.timeScale} --faults ${options.faults.join(',') || 'none'}${options.toxiproxy ? ' --toxiproxy' : ''}`;
  const complaints = options.tell || !clean ? `${complaintsOf(result)}\n${again}` : '';
  if (complaints !== '') say(complaints);
  if (options.sabotage === undefined) results.append(line, clean ? '' : complaints);
  return line;
}

async function printReplay(folder: string): Promise<number> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { replayed, failures, madeBy } = await replayKept(folder);
  const makers = Object.entries(madeBy).map(([sources, count]) => `${count} by sources ${sources}`);
  process.stdout.write(`${replayed} histories replayed on sources ${sourcesHash()}: ${makers.join(', ')}\n`);
  for (const { orderId, what } of failures) process.stdout.write(`  ${orderId}: ${what}\n`);
  process.stdout.write(`${failures.length} did not replay\n`);
  return failures.length === 0 && replayed > 0 ? 0 : 1;
}

function print(options: Options, results: Results): number {
  const { sources } = options;
  const lines = results.lines().filter((line) => sources === undefined || line.sources === sources);
  const report = sumOf(lines);
  const said = options.json ? jsonOf(report) : `${tableOf(report)}\n${originsOf(lines)}\n${boundOf(lines)}`;
  process.stdout.write(`${said}\n`);
  return isClean(report) ? 0 : 1;
}

try {
  if (process.argv.includes('--help')) process.stdout.write(USAGE);
  else process.exitCode = await run(readOptions());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
}
