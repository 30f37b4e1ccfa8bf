import type { Job, Payment, Write } from './model.ts';
import { completeChallenge, loseMoney, settlePayment } from './money.ts';
import { sessionNotice } from './notices.ts';
import type { Processor } from './processor.ts';
import { followPayment } from './sessions.ts';

type InnerJob = Exclude<Job, { kind: 'webhook' }>;

/** What happens by itself at a processor: settling, giving up, expiring, disputes and returns. */
export function runDueJob(processor: Processor, job: InnerJob): void {
  const writes: Write[] = [['job_done', { id: job.id }]];
  if (job.kind === 'expire') expire(processor, job.reference, writes);
  else {
    const payment = processor.state.payments.get(job.reference);
    if (payment !== undefined) change(processor, payment, job, writes);
  }
  processor.state.commit(writes);
}

function change(
  processor: Processor,
  payment: Payment,
  job: Exclude<InnerJob, { kind: 'expire' }>,
  writes: Write[],
): void {
  switch (job.kind) {
    case 'settle': {
      settlePayment(processor, payment, job.succeeds, writes);
      const session =
        payment.sessionReference === null ? undefined : processor.state.sessions.get(payment.sessionReference);
      if (session !== undefined) followPayment(processor, session, payment, writes);
      return;
    }
    case 'abandon':
      completeChallenge(processor, payment, 'abandon', writes);
      return;
    case 'dispute':
    case 'return':
      loseMoney(processor, payment, job.kind, writes);
      return;
    default:
      job satisfies never;
  }
}

function expire(processor: Processor, reference: string, writes: Write[]): void {
  const session = processor.state.sessions.get(reference);
  if (session?.status !== 'open') return;
  session.status = 'expired';
  writes.push(['session', session], sessionNotice(processor, 'expired', session));
}
