/**
 * Makes docs/pictures from a running stack: `npx tsx test/pictures/make.ts [--state-dir <folder>]`.
 * It plays its own orders, then photographs their pages in Temporal Web UI. Start from an empty state directory if the
 * list of orders should show nothing else.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ROOT, stateDirectory } from '../../cli/launcher/paths.ts';
import { type RunFile, readRunFile } from '../../cli/launcher/run-file.ts';
import { newOrderId, playScenario } from '../../cli/recoup/play.ts';
import { findScenario } from '../../cli/recoup/scenarios.ts';
import { Recoup } from '../../client/index.ts';
import { orderWorkflowId } from '../../contract/ids.ts';
import { CHROMIUM_FLAGS, findChromium } from './chromium.ts';

const PICTURES = join(ROOT, 'docs', 'pictures');
const LARGEST_BYTES = 300_000;
const SHOWN_WITHIN_MS = 20_000;

type Clip = { x: number; y: number; width: number; height: number };

/** High enough that nothing has to be scrolled. */
const WINDOW = { width: 1500, height: 1800 };

/** Without the page's own navigation. */
const ORDER_PAGE = { x: 66, y: 110, width: 1434 };
const LIST = { x: 66, y: 60, width: 1434, height: 520 };

interface Place {
  run: RunFile;
  page: Page;
}

/** The end of the story has been played by then, for Temporal Web UI too. */
async function play(run: RunFile, name: string): Promise<string> {
  const scenario = findScenario(name);
  if (scenario === undefined) throw new Error(`There is no scenario ${name}`);
  const recoup = new Recoup({ baseUrl: run.gateway, apiKey: run.apiKey });
  const { order, asExpected } = await playScenario(recoup, scenario, newOrderId(scenario));
  if (!asExpected) throw new Error(`${order.orderId} rests at ${order.stage}`);
  return order.orderId;
}

function orderAddress({ temporalUi, namespace, merchantId }: RunFile, orderId: string): string {
  return `${temporalUi}/namespaces/${namespace}/workflows/${orderWorkflowId({ merchantId, orderId })}`;
}

/** The chart of the order's history, from its heading down. */
async function photographHistory({ run, page }: Place, orderId: string, file: string): Promise<void> {
  await page.goto(orderAddress(run, orderId));
  const heading = page.getByRole('heading', { name: 'Event History' });
  await heading.waitFor({ timeout: SHOWN_WITHIN_MS });
  const chart = page.getByText(/Attempt 1/).first();
  await chart.waitFor({ timeout: SHOWN_WITHIN_MS });
  await settle(page);
  await page.screenshot({ path: join(PICTURES, file), clip: await chartBox(page) });
}

/** The chart is the page's largest drawing. */
async function chartBox(page: Page): Promise<Clip> {
  const boxes = await Promise.all((await page.locator('svg').all()).map((drawing) => drawing.boundingBox()));
  const drawn = boxes.filter((box): box is Clip => box !== null);
  drawn.sort((one, other) => other.width * other.height - one.width * one.height);
  const [chart] = drawn;
  if (chart === undefined) throw new Error('The page shows no chart.');
  return chart;
}

/** What support reads: headline, whose turn, attempts; and every step with its summary. */
async function photographDetails({ run, page }: Place, orderId: string, file: string): Promise<void> {
  await page.goto(orderAddress(run, orderId));
  await page.getByText('User Metadata').click({ timeout: SHOWN_WITHIN_MS });
  await page.getByText('Events with Metadata').waitFor({ timeout: SHOWN_WITHIN_MS });
  await settle(page);
  const last = await page.getByText('Write the timeline').last().boundingBox();
  const bottom = (last?.y ?? 0) + (last?.height ?? 0) + 16;
  await page.screenshot({ path: join(PICTURES, file), clip: { ...ORDER_PAGE, height: bottom - ORDER_PAGE.y } });
}

const COLUMNS = ['PaymentStage', 'PaymentProcessor', 'PaymentFailureClass'];
const NOT_NEEDED = ['Run ID', 'Type', 'End', 'Start'];

async function photographList({ run, page }: Place, file: string): Promise<void> {
  const query = encodeURIComponent('WorkflowType="orderPayment"');
  await page.goto(`${run.temporalUi}/namespaces/${run.namespace}/workflows?query=${query}&savedQuery=All%20orders`);
  await page.getByTestId('workflows-summary-table-configuration-button').click({ timeout: SHOWN_WITHIN_MS });
  for (const column of NOT_NEEDED) await page.getByRole('button', { name: `Remove ${column} column` }).click();
  for (const column of COLUMNS) await page.getByRole('button', { name: `Add ${column} column` }).click();
  await page.reload();
  await settle(page);
  await page.screenshot({ path: join(PICTURES, file), clip: LIST });
}

/** Charts and frames are drawn after the data came, and nothing in the page says when. */
const settle = (page: Page): Promise<void> => page.waitForTimeout(2_500);

async function makeAll(run: RunFile, browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: WINDOW });
  const place = { run, page };
  const [declined, lost, hosted] = await Promise.all(
    ['recovered_by_retry_processor', 'confirmed_later', 'hosted_checkout'].map((name) => play(run, name)),
  );
  await photographHistory(place, declined ?? '', 'declined-then-paid.png');
  await photographDetails(place, lost ?? '', 'answer-lost.png');
  await photographDetails(place, hosted ?? '', 'order-page.png');
  await photographList(place, 'orders.png');
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'state-dir': { type: 'string' } } });
  const run = readRunFile(stateDirectory(values['state-dir']));
  if (run === undefined) throw new Error('Nothing runs here. Start the stack with npm start.');
  mkdirSync(PICTURES, { recursive: true });
  const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_FLAGS });
  try {
    await makeAll(run, browser);
  } finally {
    await browser.close();
  }
  for (const file of ['declined-then-paid.png', 'answer-lost.png', 'order-page.png', 'orders.png']) {
    const { size } = statSync(join(PICTURES, file));
    process.stdout.write(`docs/pictures/${file}: ${Math.round(size / 1000)} kB\n`);
    if (size > LARGEST_BYTES) throw new Error(`${file} is larger than ${LARGEST_BYTES / 1000} kB`);
  }
}

await main();
