/** What the people who run the deployment ask: about all merchants, so no merchant's key allows it by itself. */
import { sealingKeysSchema } from '../../contract/schemas/answers.ts';
import type { Route } from '../http/route.ts';

export const OPERATIONS_ROUTES: Route[] = [
  {
    method: 'GET',
    path: '/v1/sealing-keys',
    summary: 'Which sealing keys gateway and workers have, and how many orders still need each. Ids only.',
    access: { kind: 'key', scope: 'operations' },
    answer: sealingKeysSchema,
    handle: async ({ services: { store, sealingKeys } }) => {
      const [used, deployment] = await Promise.all([store.listSealingKeyUse(), store.currentDeployment()]);
      // Credentials are opened by workers only; the one that started last says what they have.
      const opening = deployment?.sealingKeyIds ?? sealingKeys.kids;
      const kids = new Set([...sealingKeys.kids, ...opening, ...used.map(({ kid }) => kid)]);
      const keys = [...kids].map((kid) => ({
        kid,
        seals: kid === sealingKeys.kid,
        opens: opening.includes(kid),
        openOrders: 0,
        reopenableOrders: 0,
        ...used.find((use) => use.kid === kid),
      }));
      return { status: 200, body: { keys } };
    },
  },
];
