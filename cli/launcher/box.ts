import { DEFAULT_STATE_DIRECTORY } from './paths.ts';
import { type RunFile, runFilePath } from './run-file.ts';

export interface BoxOptions {
  /** This terminal's Ctrl-C ends it. */
  foreground?: boolean;
  /** Where the demo orders tell how they went, when it is not here. */
  demoLog?: string;
}

/** Where everything is, and one thing to try. The orders' link is too long for a box. */
export function box(
  title: string,
  run: Omit<RunFile, 'pids'>,
  stateDir: string,
  { foreground = false, demoLog }: BoxOptions = {},
): string {
  const flag = stateDir === DEFAULT_STATE_DIRECTORY ? '' : ` --state-dir ${stateDir}`;
  const lines = [
    title,
    '',
    `Gateway          ${run.gateway}`,
    `Temporal Web UI  ${run.temporalUi}`,
    `Simulator        ${run.simulator}`,
    '',
    `Keys and pids    ${runFilePath(stateDir)}`,
    ...(demoLog === undefined ? [] : [`Demo orders      ${demoLog}`]),
    `Stop             ${foreground ? 'Ctrl-C or ' : ''}npm stop${flag === '' ? '' : ` --${flag}`}`,
    `Try next         npx recoup trigger recovered_by_retry_processor${flag}`,
  ];
  const width = Math.max(...lines.map((line) => line.length));
  const edge = '─'.repeat(width + 2);
  const framed = [`┌${edge}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${edge}┘`];
  return [...framed, `  The orders: ${ordersView(run)}`].join('\n');
}

/** A saved view of Temporal Web UI; docs/temporal-ui.md has more of them. */
function ordersView({ temporalUi, namespace }: Pick<RunFile, 'temporalUi' | 'namespace'>): string {
  const query = encodeURIComponent('WorkflowType="orderPayment"');
  return `${temporalUi}/namespaces/${namespace}/workflows?query=${query}&savedQuery=All%20orders`;
}
