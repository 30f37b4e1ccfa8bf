import type { OrderEvent } from '../../../policy/events.ts';
import { isAboutNotice } from '../../../policy/review-codes.ts';
import type { RecoveryPath } from '../../../policy/terms.ts';
import type { World } from './driver.ts';
import * as make from './fixtures.ts';
import { comesLate } from './late-payments.ts';
import type { Action } from './lives.ts';
import { answerHonestly, answerWrongly, ownPaymentOf } from './person.ts';
import { sayMismatch, sayStray } from './strays.ts';

/** Whoever acts on one order; what is said again is what was said last. */
export function people(world: World): (action: Action) => void {
  let last: OrderEvent | null = null;
  return (action) => {
    if (action.what === 'again') {
      if (last !== null) world.message(last, action.raw);
      return;
    }
    const event = act(world, action);
    if (event === undefined) return;
    last = event;
    world.message(event, action.raw);
  };
}

/** Does it, or says what is said. */
function act(world: World, { what, instrument: chosen, raw, pick }: Action): OrderEvent | undefined {
  switch (what) {
    case 'pays':
    case 'fails':
      for (const processor of world.processors.values()) processor.buyerActs(what, world.nowMs);
      return undefined;
    case 'refund':
      for (const processor of world.processors.values()) processor.refund(world.nowMs);
      return undefined;
    case 'resolve':
      answerHonestly(world, pick);
      return undefined;
    case 'errs':
      answerWrongly(world, pick, raw);
      return undefined;
    case 'stray':
      sayStray(world, pick);
      return undefined;
    case 'comes_late':
      for (const processor of world.processors.values()) comesLate(processor, pick, world.nowMs);
      return undefined;
    case 'accept':
      return accept(world);
    case 'reopen':
      if (world.stage === 'failed' || world.stage === 'expired') world.message(make.reopened);
      return undefined;
    case 'mismatch':
      sayMismatch(world);
      return undefined;
    case 'again':
      return undefined;
    case 'new_method':
      return make.choose('new_method', chosen);
    case 'saved_method':
      return make.choose('saved_method', 'ins_saved');
    case 'hosted_checkout':
    case 'invoice':
    case 'authenticate':
      return make.choose(what satisfies RecoveryPath);
    default:
      return COMMANDS[what]();
  }
}

/** Whoever puts aside a payment that an attempt made says what is not so, and nothing brings that to light. */
function accept(world: World): OrderEvent {
  const { review } = world.order;
  if (review !== null && isAboutNotice(review) && ownPaymentOf(world, review) !== undefined) world.erred = true;
  return make.accept(world.order);
}

const COMMANDS = {
  cancel: make.cancel,
  close: make.close,
  hold: make.hold,
  release: make.release,
  retry: make.retryNow,
  capture: make.capture,
  returned: make.returned,
};
