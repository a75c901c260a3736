import type { Operation, Property, Submodel } from '../model.ts';
import { externalReference } from '../references.ts';
import { property } from './elements.ts';
import { COMMANDS_ID } from './semantic-ids.ts';

/** A command: an Operation whose argument, if it has one, is one text, and whose output is the text `result`. */
interface Command {
  readonly name: string;
  readonly description: string;
  readonly argument?: {
    readonly name: string;
    readonly description: string;
    /** What counts where a caller gives none; without it, the argument is required. */
    readonly default?: string;
  };
  /** It has a twin `…Async`, which answers at once with a task id. */
  readonly long?: boolean;
}

const GET_STATE: Command = { name: 'getState', description: 'What is known of it now.' };

const INFER: Command = {
  name: 'infer',
  description: "Classifies a window of a participant's data at its site; no sample travels.",
  argument: { name: 'request', description: 'JSON, schema InferRequest.', default: '{}' },
  long: true,
};

const FEEDBACK: Command = {
  name: 'feedbackToAi',
  description: "Corrects the label of a window in a participant's data set, from its next frozen index on.",
  argument: { name: 'feedback', description: 'JSON, schema FeedbackRequest.' },
  long: true,
};

const FEDERATION_COMMANDS: readonly Command[] = [
  {
    name: 'startTraining',
    description: 'Starts a run; only one run of a federation is unfinished at a time.',
    argument: { name: 'parameters', description: 'JSON, schema RunRequest.', default: '{}' },
    long: true,
  },
  {
    name: 'stopTraining',
    description: 'Ends a run and discards its open round.',
    argument: {
      name: 'runId',
      description: 'Id of the run, or `active`: the unfinished one.',
      default: 'active',
    },
  },
  {
    name: 'changeAiModel',
    description: 'Selects the model version that infer uses.',
    argument: {
      name: 'modelId',
      description: "A version's number, sha256 or shell id; `latest` follows the newest version.",
    },
  },
  {
    name: 'reconfigure',
    description: "Changes what the federation's next runs begin with.",
    argument: { name: 'values', description: 'JSON, schema RunDefaults.' },
  },
  GET_STATE,
  INFER,
  FEEDBACK,
];

/** The participant is implied: requests need not name it. */
const PARTICIPANT_COMMANDS: readonly Command[] = [GET_STATE, INFER, FEEDBACK];

/** What long commands' twins are called. */
export const ASYNC_SUFFIX = 'Async';

/** A federation's commands (docs/aas-commands.md). @param id of the submodel. */
export function federationCommands(id: string): Submodel {
  return commands(id, FEDERATION_COMMANDS);
}

/** A participant's commands. @param id of the submodel. */
export function participantCommands(id: string): Submodel {
  return commands(id, PARTICIPANT_COMMANDS);
}

function commands(id: string, all: readonly Command[]): Submodel {
  return {
    modelType: 'Submodel',
    id,
    idShort: 'Commands',
    kind: 'Instance',
    semanticId: externalReference(COMMANDS_ID),
    submodelElements: all.flatMap((command) =>
      command.long === true ? [operation(command), operation(asynchronous(command))] : [operation(command)],
    ),
  };
}

function asynchronous(command: Command): Command {
  const { name } = command;
  const description = `Begins ${name} and answers with a task id, the handle of that invocation of ${name}.`;
  return { ...command, name: `${name}${ASYNC_SUFFIX}`, description };
}

function operation({ name, description, argument }: Command): Operation {
  return {
    modelType: 'Operation',
    idShort: name,
    description: [{ language: 'en', text: description }],
    semanticId: externalReference(`${COMMANDS_ID}:${name}`),
    ...(argument === undefined ? {} : { inputVariables: [{ value: variableOf(argument) }] }),
    outputVariables: [
      { value: described(text('result'), 'JSON: {"result": "…"} or {"exception": "CODE: …"}') },
    ],
  };
}

function variableOf(argument: NonNullable<Command['argument']>): Property {
  return described(text(argument.name, argument.default), argument.description);
}

function text(idShort: string, value?: string): Property {
  return property(idShort, `${COMMANDS_ID}:${idShort}`, value);
}

function described(element: Property, description: string): Property {
  return { ...element, description: [{ language: 'en', text: description }] };
}
