import { ceilingsInForce, ceilingsOf, ceilingText } from '../ceilings/ceilings.ts';
import type { Draft } from '../draft.ts';
import { attemptNumbered, instrumentById } from '../facts.ts';
import type { Instrument } from '../instrument.ts';

/** What an explanation says of the ceilings of the card that is about to be tried: how far they are used, or why none is counted. */
export function countingEvidence(draft: Draft): string[] {
  const { command, order } = draft;
  if (command === null || (command.operation !== 'charge' && command.operation !== 'authorize')) return [];
  const instrument = instrumentById(order, attemptNumbered(order, command.attempt)?.instrumentId ?? null);
  if (instrument === undefined) return [];
  const told = draft.ceilings.filter(({ identity }) => identity === instrument.identity).map(ceilingText);
  return [...(told.length > 0 ? told : [uncounted(draft, instrument)]), ...weakIdentity(instrument)];
}

function uncounted({ now }: Draft, { network }: Instrument): string {
  if (network === undefined)
    return 'nobody named the network of this payment method: no network ceiling can be counted for it until a processor does';
  if (ceilingsOf(network, ceilingsInForce(now)).length === 0) return `no ceiling of ${network} is documented`;
  return `no earlier try was read that counts to the ceilings of ${network}`;
}

/** Where one card may count as two, whoever reads the count has to know. */
function weakIdentity({ identityFrom }: Instrument): string[] {
  switch (identityFrom) {
    case undefined:
    case 'par':
    case 'simulator_card':
      return [];
    case 'linked_credentials':
      return ['counted by its processors’ credentials: the same card with other credentials counts apart'];
    case 'credential':
      return ['counted by a keyed hash of its one credential: the same card with another credential counts apart'];
    default:
      return identityFrom satisfies never;
  }
}
