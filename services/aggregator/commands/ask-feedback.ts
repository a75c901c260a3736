import type { JsonObject } from '../../../aas/model.ts';
import type { AasIds } from '../../../aas/submodels/aas-ids.ts';
import type { Schemas } from '../../../openapi/schemas.ts';
import { CodedError, isErrorCode } from '../../../runtime/errors.ts';
import { commandsId } from './command-target.ts';
import type { Commands } from './commands.ts';

interface Options {
  readonly commands: Pick<Commands, 'run'>;
  readonly ids: AasIds;
}

const COMMAND = 'feedbackToAi';

/**
 * Gives a window of a participant a label, by the same command that its shell offers.
 * @throws CodedError `E_NOT_FOUND`, `E_INVALID_INPUT`, `E_UNREACHABLE`, `E_OPERATION_TIMEOUT`, as the command fails.
 */
export async function askFeedback(
  { commands, ids }: Options,
  participant: string,
  feedback: Omit<Schemas['FeedbackRequest'], 'participant'>,
): Promise<Schemas['FeedbackResult']> {
  const argument: JsonObject = {
    modelType: 'Property',
    valueType: 'xs:string',
    value: JSON.stringify(feedback),
  };
  const outcome = await commands.run({
    submodelId: commandsId(ids, { kind: 'participant', participant }),
    idShortPath: COMMAND,
    operation: {},
    inputArguments: [{ value: argument }],
    inoutputArguments: [],
  });
  if (outcome.executionState !== 'Completed') {
    const [message] = outcome.messages ?? [];
    const code = isErrorCode(message?.code) ? message.code : 'E_INTERNAL';
    throw new CodedError(code, message?.text ?? outcome.executionState);
  }
  // What `commandSuccess` makes of the value of a `feedbackToAi`.
  const { result } = JSON.parse(String(outcome.outputArguments?.[0]?.value['value'])) as { result: string };
  return JSON.parse(result) as Schemas['FeedbackResult'];
}
