import type { AasIds } from '../../../aas/submodels/aas-ids.ts';
import type { Federation, Schemas } from '../../../openapi/schemas.ts';
import { validate } from '../../../openapi/validate.ts';
import type { AggregatorQueue } from '../../../queue/aggregator-queue.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Participants } from '../participants.ts';
import type { Publisher } from '../publishing/publisher.ts';
import type { Runs } from '../runs/runs.ts';
import type { AskedJob } from '../store/operation-table.ts';
import type { Store } from '../store/store.ts';
import type { CommandTarget } from './command-target.ts';

/** What commands work with. */
export interface CommandServices {
  readonly store: Store;
  readonly participants: Participants;
  readonly runs: Runs;
  readonly queue: AggregatorQueue;
  readonly publisher: Publisher;
  readonly ids: AasIds;
}

/** One invocation of a command; it may be performed again after a kill. */
export interface CommandContext extends CommandServices {
  readonly request: string;
  readonly target: CommandTarget;
  /** As the client wrote it. */
  readonly argument: string;
  /** Begins another command of the same shell as a task. @returns its handle */
  begin(command: string): string;
}

/** What a command comes to: a value, or a participant's answer to a job that is to be queued. */
export type CommandResult = { readonly value: unknown } | { readonly asks: AskedJob };

/** Reads a command's argument, JSON of a schema. @throws CodedError `E_INVALID_INPUT` with every fault */
export function readArgument<Name extends keyof Schemas>(
  name: Name,
  argument: string,
  what: string,
): Schemas[Name] {
  let value: unknown;
  try {
    value = argument.trim() === '' ? {} : JSON.parse(argument);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', `${what} is no JSON`, { cause });
  }
  return validate(name, value, what);
}

/** The federation on whose shell a command was invoked. @throws CodedError `E_NOT_FOUND` */
export function federationOf({ target, store }: CommandContext): Federation {
  const id = target.kind === 'federation' ? target.federation : '';
  const federation = store.federations.get(id)?.federation;
  if (federation === undefined) throw new CodedError('E_NOT_FOUND', 'this command is one of a federation');
  return federation;
}
