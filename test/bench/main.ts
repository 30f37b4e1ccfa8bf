import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { Recoup } from '../../client/index.ts';
import { measureDecide } from './decide.ts';
import { type Case, type CaseResult, runCase } from './pairs.ts';
import { startServers } from './servers.ts';
import { waitingOrders } from './waiting.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '6' },
    only: { type: 'string' },
    waiting: { type: 'string', default: '10000' },
  },
});

const KINDS = [
  { name: 'paid at once', calls: ['alpha'], token: 'sim:alpha=ok' },
  { name: 'declined, paid by the retry processor', calls: ['alpha', 'beta'], token: 'sim:alpha=insufficient_funds' },
];

function cases(): Case[] {
  const all: Case[] = [];
  for (const processorMs of [0, 300]) {
    for (const inFlight of [1, 50]) {
      for (const kind of KINDS) all.push({ ...kind, processorMs, inFlight, rounds: Number(values.rounds) });
    }
  }
  return all.filter(({ name, processorMs, inFlight }) =>
    `${name} ${processorMs} ${inFlight}`.includes(values.only ?? ''),
  );
}

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const rate = measureDecide();
  say(`decide: ${rate.decidePerSecond} a second on one core (${rate.slowest} to ${rate.fastest})`);
  say('Starting Temporal, PostgreSQL, simulator and both workers …');
  const servers = await startServers();
  try {
    const connection = await Connection.connect({ address: servers.temporalAddress });
    const client = new Client({ connection });
    const { databaseUrl, sealingKey } = servers;
    const recoup = new Recoup({ temporal: client, databaseUrl, sealingKey });
    const results: CaseResult[] = [];
    for (const each of cases()) {
      await setProcessorMs(servers.simulator.url, each.processorMs);
      const result = await runCase({ recoup, client }, each);
      results.push(result);
      say(describe(result));
    }
    const waiting = Number(values.waiting);
    const waitingResult = waiting === 0 ? null : await waitingOrders(recoup, servers.workerPid, waiting);
    if (waitingResult !== null) say(`${waiting} orders waiting: the worker holds ${waitingResult.workerRssMb} MB`);
    const report = { cases: results, decidePerSecond: rate.decidePerSecond, waitingOrders: waitingResult };
    process.stdout.write(`${JSON.stringify(report, null, values.json ? undefined : 2)}\n`);
    await recoup.close();
    await connection.close();
  } finally {
    await servers.close();
  }
}

async function setProcessorMs(simulatorUrl: string, delayMs: number): Promise<void> {
  for (const processor of ['alpha', 'beta']) {
    const answer = await fetch(`${simulatorUrl}/control/${processor}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(delayMs === 0 ? {} : { delayMs }),
    });
    if (!answer.ok) throw new Error(`The simulator did not take its weather: ${answer.status}`);
  }
}

function describe(result: CaseResult): string {
  const { name, processorMs, inFlight, p50Ms, p50Ratio, ordersPerSecond, throughputRatio } = result;
  const { notPaidAtAnswer, notPaidInTheEnd, bareWithoutAnswer } = result;
  const timedOut =
    notPaidAtAnswer + bareWithoutAnswer === 0
      ? ''
      : `; ${notPaidAtAnswer} not paid at their answer, ${notPaidInTheEnd} not in the end; ${bareWithoutAnswer} bare ones without answer`;
  return (
    `${name}, processor ${processorMs} ms, ${inFlight} in flight: p50 ${p50Ms} ms = ${p50Ratio}× bare; ` +
    `${ordersPerSecond} orders/s = ${throughputRatio}× bare; events ${result.eventsAtClose} to ${result.bareEvents}, ` +
    `tasks ${result.workflowTasks} to ${result.bareWorkflowTasks}${timedOut}`
  );
}

await main();
