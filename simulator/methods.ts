import { identifier, jsonBody } from './fields.ts';
import { type Answer, type Call, json } from './http.ts';
import type { SavedMethod } from './model.ts';
import { newMethod } from './money.ts';
import { readToken } from './payments.ts';
import type { Processor } from './processor.ts';
import { cardOf } from './token.ts';

/** Saved payment methods of a buyer. */
export function getMethods(processor: Processor, call: Call): Answer {
  const buyerReference = identifier(call.params, 'buyerReference');
  const merchantId = call.query.get('merchantId') || 'default';
  return json(200, { methods: processor.state.methods(processor.name, merchantId, buyerReference).map(methodView) });
}

export function postMethod(processor: Processor, call: Call): Answer {
  const fields = jsonBody(call);
  const buyerReference = identifier(call.params, 'buyerReference');
  const token = readToken(fields.token);
  const merchantId = identifier(fields, 'merchantId');
  // Without card= the card is one of this buyer: there is no order yet.
  const card = cardOf(token, buyerReference);
  const known = processor.state.methods(processor.name, merchantId, buyerReference);
  const same = known.find((method) => method.token === token.text);
  if (same !== undefined) return json(200, methodView(same));
  const method = newMethod(processor, merchantId, buyerReference, token.text, card);
  processor.state.commit([['method', method]]);
  return json(200, methodView(method));
}

function methodView({ id, token, network, last4, par, createdAtMs }: SavedMethod): object {
  return { id, token, network, last4, par, createdAt: new Date(createdAtMs).toISOString() };
}
