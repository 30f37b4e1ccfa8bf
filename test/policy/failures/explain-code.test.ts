import { expect, it } from 'vitest';
import { explainCode } from '../../../policy/failures/explain-code.ts';

it('says what a code means and what we do by default', () => {
  expect(explainCode('simulator', 'insufficient_funds')).toEqual({
    source: 'simulator',
    code: 'insufficient_funds',
    network: null,
    known: true,
    class: 'soft_decline',
    autoRetrySameProcessor: false,
    autoRetryOtherProcessor: true,
    retryLater: true,
    buyerAction: 'choose_method',
    sameInstrumentAllowed: true,
    document: 'Recoup simulator, README',
    edition: '0.1.0',
  });
});

it('says of a forbidden instrument that only another one helps', () => {
  expect(explainCode('visa', '14', { network: 'visa' })).toMatchObject({
    network: 'visa',
    class: 'hard_decline',
    buyerAction: 'new_method',
    sameInstrumentAllowed: false,
    autoRetryOtherProcessor: false,
  });
});

it('says of advice to wait that there is no try before', () => {
  expect(explainCode('mastercard_mac', '26')).toMatchObject({ autoRetryOtherProcessor: false, retryLater: true });
});

it('says of a code that nobody mapped that nothing is automatic', () => {
  expect(explainCode('simulator', 'brand_new')).toMatchObject({
    known: false,
    class: 'unclassified',
    autoRetrySameProcessor: false,
    autoRetryOtherProcessor: false,
    retryLater: false,
    document: null,
    edition: null,
  });
});
