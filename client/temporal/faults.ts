/** What Temporal's errors mean for a caller. */
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import { COMMAND_REFUSALS, type CommandRefusal } from '../../contract/errors.ts';
import { SettingInvalid } from '../../contract/key-ring.ts';
import { PayloadUnreadable } from '../../contract/payload-codec.ts';
import { BadCursor, StoreUnavailable } from '../../store/errors.ts';
import { RecoupError, recoupError } from '../errors.ts';

export type UpdateFault =
  /** The workflow refused; nothing was changed. */
  | { kind: 'refused'; error: RecoupError }
  /** The caller's wait is over; the update goes on. */
  | { kind: 'timed_out' }
  /** The run is closed, or was closed while the update was under way: the truth is in the store. */
  | { kind: 'look' }
  /** Nothing is known; the same update id may be sent again. */
  | { kind: 'unreachable'; error: RecoupError };

export function readUpdateFault(error: unknown): UpdateFault {
  if (error instanceof RecoupError) return { kind: 'refused', error };
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'timed_out' };
  if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'look' };
  if (error instanceof WorkflowNotFoundError) return { kind: 'look' };
  if (error instanceof WorkflowUpdateFailedError) {
    const { cause } = error;
    if (!(cause instanceof ApplicationFailure)) return { kind: 'look' };
    if (isRefusal(cause.type)) return { kind: 'refused', error: recoupError(cause.type, cause.message) };
    // «Workflow completed before the Update completed» is one of these.
    return { kind: 'look' };
  }
  return { kind: 'unreachable', error: asRecoupError(error) };
}

/** Whatever was thrown, as an error of the closed union. */
export function asRecoupError(cause: unknown): RecoupError {
  if (cause instanceof RecoupError) return cause;
  if (cause instanceof SettingInvalid) return recoupError('settings_invalid', cause.message);
  if (cause instanceof PayloadUnreadable) return recoupError('settings_invalid', cause.message);
  if (cause instanceof BadCursor) return recoupError('request_invalid', cause.message);
  if (cause instanceof StoreUnavailable) {
    return recoupError('unavailable', `The database could not be reached. ${REPEAT}`, { cause });
  }
  if (isGrpcServiceError(cause) || cause instanceof ServiceError) {
    return recoupError('unavailable', `Temporal could not be reached. ${REPEAT}`, { cause });
  }
  return recoupError('internal_error', '', { cause });
}

const REPEAT = 'Repeat the call: the same order id finds what was started.';

function isRefusal(type: string | null | undefined): type is CommandRefusal {
  return COMMAND_REFUSALS.some((code) => code === type);
}
