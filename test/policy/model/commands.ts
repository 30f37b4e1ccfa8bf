import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Refusal } from '../../../policy/refusals.ts';
import * as make from '../decide/fixtures.ts';
import { AMOUNT_MINOR } from '../decide/payments.ts';
import type { Line, OrderModel, Processor, Way } from './order-model.ts';
import type { RealOrder } from './real-order.ts';

/** Hours that a life may last: less than the buyer's window, whose end is another story. */
const MOST_WAITS = 7;

/** One thing that happens to the order and to its model, and everything that can be seen of both afterwards. */
class Happening implements fc.Command<OrderModel, RealOrder> {
  constructor(
    private readonly name: string,
    private readonly isPossible: (model: OrderModel) => boolean,
    private readonly happen: (model: OrderModel, real: RealOrder) => void,
  ) {}

  check(model: Readonly<OrderModel>): boolean {
    return this.isPossible(model as OrderModel);
  }

  run(model: OrderModel, real: RealOrder): void {
    this.happen(model, real);
    expect(seenOf(real), `after ${this.name}`).toEqual(foretoldBy(model));
  }

  toString(): string {
    return this.name;
  }
}

function seenOf(real: RealOrder) {
  const { captured, net, held } = real.money;
  const { started, world } = real;
  return { stage: world.stage, started, captured, net, held, taken: world.netCaptured };
}

function foretoldBy(model: OrderModel) {
  const captured = model.paid ? AMOUNT_MINOR : 0;
  const started = model.attempts.map(({ processor, way }) => `${processor} ${way}`);
  const taken = model.attempts.filter(({ truth }) => truth === 'took').length * AMOUNT_MINOR;
  return { stage: model.stage, started, captured, net: captured, held: 0, taken };
}

const processor = fc.constantFrom<Processor>('alpha', 'beta');
const card = fc.constantFrom<Way>('good', 'poor', 'broke', 'stolen');
const line = fc.constantFrom<Line>('clear', 'clear', 'answers_lost', 'requests_lost');
const begun = (model: OrderModel) => model.attempts.length > 0;
const open = (model: OrderModel) => begun(model) && !model.paid && !model.cancelled;

/** Asks for something; the model says whether it may be had. */
function asked(refusal: Refusal | null, allowed: boolean): void {
  expect(refusal === null, `refused: ${refusal?.message}`).toBe(allowed);
}

const collect = (which: Way) =>
  new Happening(
    `collect ${which}`,
    (model) => !begun(model),
    (model, real) => {
      model.collect(which);
      real.collect();
    },
  );

const choose = (which: Way) =>
  new Happening(
    `choose ${which}`,
    (model) => begun(model) && model.wish === null,
    (model, real) => {
      const allowed = model.mayChoose(which);
      if (allowed) model.choose(which);
      asked(real.choose(which), allowed);
    },
  );

const setLine = (which: Processor, to: Line) =>
  new Happening(
    `${which} ${to}`,
    (model) => model.lines[which] !== to,
    (model, real) => {
      model.lines[which] = to;
      real.setLine(which, to);
    },
  );

const wait = new Happening(
  'hours pass',
  (model) => begun(model) && model.waits < MOST_WAITS,
  (model, real) => {
    model.wait();
    real.wait();
  },
);

const retry = new Happening('support retries', begun, (model, real) => {
  const allowed = model.mayRetry();
  if (allowed) model.retry();
  asked(real.retry(model.lastCard), allowed);
});

const cancel = new Happening(
  'cancel',
  (model) => begun(model) && model.wish !== 'cancel',
  (model, real) => {
    const allowed = open(model);
    if (allowed) model.cancel();
    asked(real.say(make.cancel()), allowed);
  },
);

const notice = new Happening(
  'the processor’s notice',
  (model) => model.payable?.told !== model.payable?.truth && ['took', 'declined'].includes(model.payable?.truth ?? ''),
  (model, real) => {
    const { processor } = model.payable ?? { processor: 'alpha' };
    model.notice();
    real.notice(processor);
  },
);

const pay = new Happening(
  'the buyer pays on the page',
  (model) => model.attempts.some(({ truth, told }) => truth === 'open' && told === 'open'),
  (model, real) => {
    model.pay();
    real.pay();
  },
);

const resolve = new Happening(
  'a person with evidence',
  (model) => model.unknown !== undefined && model.unknown.truth !== 'open',
  (model, real) => {
    const attempt = model.unknown;
    const number = attempt === undefined ? 0 : model.attempts.indexOf(attempt) + 1;
    const outcome = attempt?.truth === 'took' ? 'succeeded' : 'absent';
    model.resolve();
    asked(real.say(make.resolve(number, outcome)), true);
  },
);

/** A life: the card that the order comes with, the lines before it, and what happens then. */
export const life = card.chain((first) =>
  fc.record({
    first: fc.constant(first),
    happenings: fc.commands(
      [
        fc.constant(collect(first)),
        fc.oneof(card, fc.constant<Way>('page')).map(choose),
        fc.tuple(processor, line).map(([which, to]) => setLine(which, to)),
        fc.constant(wait),
        fc.constant(retry),
        fc.constant(cancel),
        fc.constant(notice),
        fc.constant(pay),
        fc.constant(resolve),
      ],
      { maxCommands: 25, size: 'max' },
    ),
  }),
);
