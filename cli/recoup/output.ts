/** What the command prints: plain text for people, JSON for programs; colour only where it can be seen and is wanted. */
import type { NextAction, OrderView, TimelineLine } from '../../client/index.ts';
import { REVIEW_CODES, reviewText } from '../../policy/review-codes.ts';
import { actorText, amountText } from '../../policy/words.ts';
import { answersOf } from './answers.ts';

export interface Output {
  /** One line on stdout. */
  say(line: string): void;
  /** One line on stderr: what is no answer, and must not be read as one. */
  tell(line: string): void;
  /** One JSON object, on one line. */
  json(value: unknown): void;
  bold(text: string): string;
  dim(text: string): string;
}

export function openOutput({ stdout, stderr, env }: NodeJS.Process): Output {
  const coloured = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const style = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    say: (line) => stdout.write(`${line}\n`),
    tell: (line) => stderr.write(`${line}\n`),
    json: (value) => stdout.write(`${JSON.stringify(value)}\n`),
    bold: style(1),
    dim: style(2),
  };
}

export function sayOrder(output: Output, order: OrderView): void {
  const { nextAction, money } = order;
  output.say(output.bold(`${order.orderId}: ${order.stage}, ${amountText(order.amount)}`));
  output.say(`  next: ${turnText(nextAction) ?? 'nothing left to do'}${whenText(nextAction)}`);
  if (nextAction.question !== undefined) output.say(`  ${questionText(nextAction.question)}`);
  if (nextAction.hold !== undefined) output.say(`  ${holdText(nextAction.hold)}`);
  if (nextAction.url !== undefined) output.say(`  page: ${nextAction.url}`);
  if (money.net !== 0 || money.held !== 0) output.say(`  money: net ${money.net}, held ${money.held} (minor units)`);
  for (const attempt of order.attempts) {
    const why = attempt.failureClass === null ? '' : `, ${attempt.failureClass}`;
    const code = attempt.processorCode ? ` (${attempt.processorCode})` : '';
    output.say(`  attempt ${attempt.number}: ${attempt.processor}, ${attempt.outcome ?? 'in flight'}${why}${code}`);
  }
  for (const option of nextAction.options) {
    const instrument = option.instrument === undefined ? '' : ` ${option.instrument.id}`;
    output.say(output.dim(`  option ${option.rank}: ${option.path}${instrument}`));
  }
}

/** Of a list. */
export function orderLine(order: OrderView): string {
  const line = `${order.orderId.padEnd(40)} ${order.stage.padEnd(22)} ${amountText(order.amount)}`;
  const { hold } = order.nextAction;
  const held = hold === undefined ? '' : `, held by ${actorText(hold.actor)}`;
  const turn = turnText(order.nextAction);
  return turn === null ? line : `${line.padEnd(76)}  ${turn}${held}`;
}

function turnText({ type, who }: NextAction): string | null {
  return who === 'none' ? null : `${type}, ${who}’s turn`;
}

/** A person's turn lasts until then; what is planned comes at its time. */
function whenText({ type, who, at, expiresAt }: NextAction): string {
  const until = who === 'buyer' ? (expiresAt ?? at) : at;
  if (until === undefined) return '';
  return who === 'buyer' || type === 'review' ? `, until ${until}` : `, at ${until}`;
}

function questionText({ id, code, attempt, about, since }: NonNullable<NextAction['question']>): string {
  const of = [attempt === null ? '' : `, attempt ${attempt}`, about === null ? '' : `, about ${about}`].join('');
  // A newer gateway may ask what this command has no words for.
  const why = REVIEW_CODES.includes(code) ? ` (${reviewText({ code, attempt, since })})` : '';
  return `question ${id}: ${code}${why}${of}, since ${since}; answered by ${answersOf(code)}`;
}

function holdText({ actor, reason, since }: NonNullable<NextAction['hold']>): string {
  return `automatic tries held by ${actorText(actor)} since ${since}: ${reason}`;
}

/** What was decided is left out where the line of what happened says the same; `orders explain` has it with its reasons. */
export function sayTimeline(output: Output, entries: TimelineLine[]): void {
  for (const entry of entries.filter((each) => !isSaidElsewhere(each, entries))) {
    const where =
      entry.attempt === undefined ? '' : ` [${entry.attempt}${entry.processor ? ` ${entry.processor}` : ''}]`;
    const line = `${entry.at}  ${entry.actor.padEnd(9)} ${entry.text}${where}`;
    output.say(entry.planned ? output.dim(`${line} (planned)`) : line);
    if (entry.evidence !== undefined) output.say(output.dim(`${' '.repeat(36)}${entry.evidence}`));
  }
}

function isSaidElsewhere({ kind, at, text }: TimelineLine, entries: TimelineLine[]): boolean {
  return (
    kind === 'decision' && entries.some((each) => each.kind !== 'decision' && each.at === at && each.text === text)
  );
}
