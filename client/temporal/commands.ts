/** Commands to a running order: updates whose id is the command's, so that a re-sent one is one command. */
import type { Client, UpdateDefinition } from '@temporalio/client';
import { type OrderRef, orderWorkflowId } from '../../contract/ids.ts';
import * as messages from '../../contract/messages.ts';
import { recoupError } from '../errors.ts';
import { readUpdateFault, type UpdateFault } from './faults.ts';

const UPDATES = {
  recover: messages.chooseRecovery,
  cancel: messages.cancelOrder,
  hold: messages.holdRetries,
  release: messages.releaseRetries,
  retry: messages.retryNow,
  resolve: messages.resolveUnknown,
  capture: messages.capture,
  close: messages.closeOrder,
} as const;

export type CommandName = keyof typeof UPDATES;

export interface SendCommand {
  name: CommandName;
  order: OrderRef;
  command: messages.Command;
  waitMs: number;
}

const LEAST_WAIT_MS = 1_000;
const RESEND_EVERY_MS = 250;

/** Until a worker accepts it, an update is in the server's memory alone: whoever sent it must not believe that it will be done. */
function notTaken() {
  return recoupError('unavailable', 'Nobody has taken the command yet. Repeat it with the same Idempotency-Key.');
}

export async function sendCommand(
  client: Client,
  { name, order, command, waitMs }: SendCommand,
): Promise<{ kind: 'answered'; answer: messages.CommandAnswer } | UpdateFault> {
  const deadlineMs = Date.now() + Math.max(waitMs, LEAST_WAIT_MS);
  const handle = client.workflow.getHandle(orderWorkflowId(order));
  const definition = UPDATES[name] as UpdateDefinition<messages.CommandAnswer, [messages.Command]>;
  const options = { args: [command] as [messages.Command], updateId: `${name}:${command.commandId}` };
  let accepted = false;
  for (;;) {
    try {
      const answer = await client.withDeadline(deadlineMs, async () => {
        const update = await handle.startUpdate(definition, { ...options, waitForStage: 'ACCEPTED' });
        accepted = true;
        return update.result();
      });
      return { kind: 'answered', answer };
    } catch (error) {
      const fault = readUpdateFault(error);
      if (fault.kind === 'timed_out' && !accepted) return { kind: 'unreachable', error: notTaken() };
      if (fault.kind !== 'unreachable' || Date.now() + RESEND_EVERY_MS >= deadlineMs) return fault;
      await new Promise((resolve) => setTimeout(resolve, RESEND_EVERY_MS));
    }
  }
}
