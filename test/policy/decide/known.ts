import type { OperationResult, ProcessorEvent } from '../../../policy/answers.ts';
import type { OrderState } from '../../../policy/order.ts';
import type { Step, World } from './driver.ts';
import type { Payment } from './payments.ts';

/**
 * What nobody can know is excused: money after a definite no, or after a person's word that there was none. From the moment
 * that somebody tells of the payment it is known, and everything holds for it.
 */
export function noteKnown({ before, event, decision }: Step, world: World): void {
  switch (event.type) {
    case 'processor_event':
      return noteNotice(event.event, before, world);
    case 'answered':
      return noteAnswer(event.result, before.attempts[event.result.attempt - 1]?.processor ?? '', world);
    case 'unknown_resolved': {
      const index = (event.attempt ?? 0) - 1;
      const believed =
        before.attempts[index] !== undefined && changed(before.attempts[index], decision.order.attempts[index]);
      if (event.outcome === 'absent' && believed) noteErrs(index + 1, world);
      return;
    }
    default:
      return;
  }
}

function changed(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function noteNotice({ processor, type, reference, key }: ProcessorEvent, before: OrderState, world: World): void {
  if (type !== 'payment_succeeded' && type !== 'payment_authorized') return;
  const told = before.attempts.find(({ operations }) => operations.some((each) => each.key === key));
  // That it was reserved was known, and it is closed since: what says so now may be as old as that.
  if (type === 'payment_authorized' && (told?.money.voided ?? 0) > 0) return;
  know(world, processor, (payment) => payment.key === key && payment.reference === reference);
}

const TELLS: OperationResult['outcome'][] = ['succeeded', 'pending', 'requires_action'];

function noteAnswer({ outcome, key, reference }: OperationResult, processor: string, world: World): void {
  if (TELLS.includes(outcome)) know(world, processor, (each) => each.key === key && each.reference === reference);
}

function know(world: World, processor: string, isMeant: (payment: Payment) => boolean): void {
  for (const payment of world.processors.get(processor)?.payments ?? []) if (isMeant(payment)) payment.surprise = false;
}

function noteErrs(attempt: number, world: World): void {
  for (const { payments } of world.processors.values())
    for (const payment of payments) if (payment.attempt === attempt && isThere(payment)) payment.surprise = true;
}

function isThere({ status }: Payment): boolean {
  return status !== 'declined' && status !== 'closed' && status !== 'never';
}
