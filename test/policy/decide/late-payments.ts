import { isNowhere, isPage, type Payment } from './payments.ts';
import type { ProcessorModel } from './processor-model.ts';

/** A payment that was declined, closed or never heard of is taken or reserved after all, and its processor tells of it. */
export function comesLate(at: ProcessorModel, pick: number, nowMs: number): void {
  const over = at.payments.filter((payment) => isOver(payment) && !hasTwin(at, payment));
  const payment = over[pick % over.length];
  if (payment === undefined) return;
  payment.surprise = true;
  at.become(payment, at.taken(payment), nowMs);
}

function isOver(payment: Payment): boolean {
  return !isPage(payment) && !payment.voided && ['declined', 'closed', 'never'].includes(payment.status);
}

/** Another payment under the same key is there, or has been told of. */
function hasTwin({ payments }: ProcessorModel, payment: Payment): boolean {
  return payments.some((each) => each !== payment && each.key === payment.key && !isNowhere(each));
}
