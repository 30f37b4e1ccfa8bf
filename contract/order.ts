/** From an accepted request to the initial state of its order. Credentials are sealed on the way. */
import type { OrderFacts, OrderState } from '../policy/order.ts';
import type { Instant } from '../policy/terms.ts';
import { newInstrument, simulatorToken } from './instruments.ts';
import { requestHash } from './keys.ts';
import type { CollectOrder } from './schemas/orders.ts';
import type { Sealer } from './sealing.ts';

export interface NewOrder {
  request: CollectOrder;
  merchantId: string;
  rulebook: { id: string; version: number; hash: string };
  now: Instant;
  /** How long the caller waits for the answer, ms. */
  waitMs: number;
  sealer: Sealer;
}

/** Time for the answer's way back, on top of the caller's wait. */
const ANSWER_MARGIN_MS = 5_000;
/** Off session with no end of its own: longer than any rule's later tries. */
const OFF_SESSION_LIMIT_MS = 365 * 24 * 3_600_000;

export async function newOrderState(input: NewOrder): Promise<OrderState> {
  const { request, merchantId, sealer, now } = input;
  const order = { merchantId, orderId: request.orderId };
  const instruments = [await newInstrument(request.paymentMethod, order, 'order', sealer)];
  for (const method of request.savedMethods ?? []) {
    const saved = await newInstrument(method, order, 'saved', sealer);
    if (!instruments.some(({ id }) => id === saved.id)) instruments.push(saved);
  }
  return {
    facts: orderFacts(input),
    openedAt: now,
    instruments,
    attempts: [],
    round: 0,
    answerFrom: now,
    askedBuyer: false,
    choice: null,
    ending: null,
    hold: null,
    review: null,
    retryAt: null,
    window: null,
    captureRequested: null,
    closed: null,
    seq: 0,
    appliedIds: [],
  };
}

function orderFacts({ request, merchantId, rulebook, now, waitMs }: NewOrder): OrderFacts {
  const { orderId, amount, buyer, offSession, description, returnUrl, expiresAt } = request;
  const capture = request.capture ?? 'automatic';
  const present = buyer?.present ?? offSession === undefined;
  const notAfterMs = Date.parse(now) + (present ? waitMs + ANSWER_MARGIN_MS : OFF_SESSION_LIMIT_MS);
  return {
    merchantId,
    orderId,
    amount,
    capture,
    buyer: {
      present,
      ...(buyer?.reference !== undefined && { reference: buyer.reference }),
      ...(buyer?.country !== undefined && { country: buyer.country }),
    },
    ...(offSession !== undefined && { offSession: withoutUndefined(offSession) }),
    features: request.features ?? [],
    metadata: request.metadata ?? {},
    ...(description !== undefined && { description }),
    ...(returnUrl !== undefined && { returnUrl }),
    ...(expiresAt !== undefined && { expiresAt }),
    rulebook,
    requestHash: requestHash({ merchantId, orderId, amount, capture }),
    notAfter: !present && expiresAt !== undefined ? expiresAt : new Date(notAfterMs).toISOString(),
  };
}

export interface DeploymentRules {
  mode: 'test' | 'live';
  nowMs: number;
  /** Origins that a `returnUrl` may have; empty: any. */
  returnUrlOrigins: string[];
}

/** What a schema cannot know: the clock, the environment and the deployment's settings. */
export function refusalOf(
  request: CollectOrder,
  rules: DeploymentRules,
): { code: 'request_invalid' | 'wrong_environment'; path: string; must: string } | null {
  const methods = [request.paymentMethod, ...(request.savedMethods ?? [])];
  const wrong = methods.map((method) => wrongEnvironment(method, rules.mode)).find((must) => must !== null);
  if (wrong !== undefined && wrong !== null) return { code: 'wrong_environment', path: '$.paymentMethod', must: wrong };
  if (request.expiresAt !== undefined) {
    const inMs = Date.parse(request.expiresAt) - rules.nowMs;
    if (inMs <= 0 || inMs > OFF_SESSION_LIMIT_MS) {
      return { code: 'request_invalid', path: '$.expiresAt', must: 'must be in the future, at most 365 days ahead' };
    }
  }
  if (request.returnUrl !== undefined && rules.returnUrlOrigins.length > 0) {
    if (!rules.returnUrlOrigins.includes(new URL(request.returnUrl).origin)) {
      return { code: 'request_invalid', path: '$.returnUrl', must: 'must be on the allow-list of this deployment' };
    }
  }
  return null;
}

/** Live mode refuses simulator tokens, test mode refuses live keys. */
export function wrongEnvironment(method: CollectOrder['paymentMethod'], mode: 'test' | 'live'): string | null {
  if (mode === 'live') {
    return simulatorToken(method) === undefined ? null : 'must not be a simulator token: this deployment is live';
  }
  const live = (method.credentials ?? []).some(({ token }) => /^(?:sk|pk|rk)?_?live_/i.test(token));
  return live ? 'must not be a live credential: this deployment is a test one' : null;
}

/**
 * The places of a payment method's credentials when all of them are of processors that the deployment does not have: nobody could
 * ever be paid with it. Beside one that can be used the others are skipped, and told of on the order's timeline.
 */
export function unknownProcessors(
  { credentials = [] }: CollectOrder['paymentMethod'],
  processors: readonly string[],
): { path: string; must: string }[] {
  if (credentials.some(({ processor }) => processors.includes(processor))) return [];
  const must = `must be one of ${processors.join(', ')}`;
  return credentials.map((_, at) => ({ path: `$.paymentMethod.credentials[${at}].processor`, must }));
}

function withoutUndefined<T extends object>(value: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
