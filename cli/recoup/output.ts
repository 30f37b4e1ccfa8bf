/** What the command prints: plain text for people, JSON for programs; colour only where it can be seen and is wanted. */
import type { OrderView, TimelineLine } from '../../client/index.ts';
import { amountText } from '../../policy/words.ts';

export interface Output {
  /** One line on stdout. */
  say(line: string): void;
  /** One JSON object, on one line. */
  json(value: unknown): void;
  bold(text: string): string;
  dim(text: string): string;
}

export function openOutput(stdout: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Output {
  const coloured = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const style = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    say: (line) => stdout.write(`${line}\n`),
    json: (value) => stdout.write(`${JSON.stringify(value)}\n`),
    bold: style(1),
    dim: style(2),
  };
}

export function sayOrder(output: Output, order: OrderView): void {
  const { nextAction, money } = order;
  output.say(output.bold(`${order.orderId}: ${order.stage}, ${amountText(order.amount)}`));
  const turn = nextAction.who === 'none' ? 'nothing left to do' : `${nextAction.type}, ${nextAction.who}’s turn`;
  output.say(`  next: ${turn}${nextAction.at === undefined ? '' : `, at ${nextAction.at}`}`);
  if (nextAction.url !== undefined) output.say(`  page: ${nextAction.url}`);
  if (money.net !== 0 || money.held !== 0) output.say(`  money: net ${money.net}, held ${money.held} (minor units)`);
  for (const attempt of order.attempts) {
    const why = attempt.failureClass === null ? '' : `, ${attempt.failureClass}`;
    const code = attempt.processorCode === null ? '' : ` (${attempt.processorCode})`;
    output.say(`  attempt ${attempt.number}: ${attempt.processor}, ${attempt.outcome ?? 'in flight'}${why}${code}`);
  }
  for (const option of nextAction.options) {
    const instrument = option.instrument === undefined ? '' : ` ${option.instrument.id}`;
    output.say(output.dim(`  option ${option.rank}: ${option.path}${instrument}`));
  }
}

export function sayTimeline(output: Output, entries: TimelineLine[]): void {
  for (const entry of entries) {
    const where =
      entry.attempt === undefined ? '' : ` [${entry.attempt}${entry.processor ? ` ${entry.processor}` : ''}]`;
    const line = `${entry.at}  ${entry.actor.padEnd(9)} ${entry.text}${where}`;
    output.say(entry.planned ? output.dim(`${line} (planned)`) : line);
    if (entry.evidence !== undefined) output.say(output.dim(`${' '.repeat(36)}${entry.evidence}`));
  }
}
