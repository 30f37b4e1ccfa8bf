import { lastAttempt, moneyOf } from '../policy/facts.ts';
import { endText, headline } from '../policy/headline.ts';
import { choiceFrom } from '../policy/next-action.ts';
import type { OrderState } from '../policy/order.ts';
import { stageOf } from '../policy/stage.ts';
import type { NextAction } from '../policy/view.ts';
import { actorText, amountText, instantText, SPACE_AT_THE_END, wayText } from '../policy/words.ts';
import { type Collection, nextActionIn } from './collection.ts';

const WHOSE_TURN: Record<NextAction['who'], string> = {
  system: 'Recoup, by itself',
  buyer: 'the buyer',
  merchant: 'the merchant',
  support: 'support',
  none: 'nobody, nothing is left to do',
};

/**
 * Markdown for the run's page in Temporal Web UI: what happens now, whose turn it is, what comes then; then the attempts.
 * It is rendered through a GET address: nothing personal, no links that grant anything.
 */
export function detailsOf(collection: Collection): string {
  const { order, wake } = collection;
  const { facts } = order;
  const next = nextActionIn(collection);
  const { captured, held } = moneyOf(order);
  const amountOf = (minor: number) => amountText({ ...facts.amount, minor });
  const until = next.expiresAt === undefined ? '' : `, until ${instantText(next.expiresAt)}`;
  const last = lastAttempt(order);
  const paragraphs = [
    `**${headline(order)}**`,
    `Whose turn: ${WHOSE_TURN[next.who]}${until}`,
    ...holdOf(order),
    ...choiceOf(collection),
    ...(wake === null ? [] : [`Timer until ${instantText(wake.at)}: ${wake.summary}`]),
    `Stage \`${stageOf(order)}\`, ${amountText(facts.amount)}, captured ${amountOf(captured)}${held === 0 ? '' : `, held ${amountOf(held)}`}`,
    [
      '| # | processor | with | what came of it |',
      '| --- | --- | --- | --- |',
      ...order.attempts.map(
        (attempt) =>
          `| ${attempt.number} | ${attempt.processor} | ${wayText(order, attempt)} | ${cell(endText(attempt))} |`,
      ),
    ].join('\n'),
    ...(last?.reference == null ? [] : [`Reference at ${last.processor}: \`${cell(last.reference)}\``]),
    SPACE_AT_THE_END,
  ];
  return paragraphs.join('\n\n');
}

/** While an outcome is unknown. It stays true when its time has come and nobody writes the page anew. */
function choiceOf({ order, input }: Collection): string[] {
  const at = choiceFrom({ order, rulebook: input.rulebook, sheets: input.sheets });
  return at === null ? [] : [`From ${instantText(at)} on the buyer can choose another way to pay`];
}

function holdOf({ hold }: OrderState): string[] {
  if (hold === null) return [];
  // Why is free text, which may name somebody: the timeline has it.
  return [`Held by ${actorText(hold.actor)} since ${instantText(hold.since)}`];
}

/** Codes and references are the processor's words: they must not break out of their cell. */
function cell(text: string): string {
  return text.replace(/[|`\r\n]/g, ' ');
}
