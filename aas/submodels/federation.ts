import type { Submodel } from '../model.ts';
import { type OwnTemplate, ownSubmodel } from './own-template.ts';
import { FEDERATION_ID } from './semantic-ids.ts';

/** What participants of a federation agreed on. */
export interface FederationValues {
  readonly federation: string;
  readonly title?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Key of the model, such as `dense`. */
  readonly model: string;
  /** JSON of the model's options. */
  readonly modelOptions?: string;
  /** Rules, by their keys or as JSON where they have options. */
  readonly strategy: string;
  readonly cohort: string;
  readonly quorum: string;
  readonly deadlineMs: number;
  readonly maximumRoundAttempts: number;
  readonly rounds: number;
  readonly localEpochs: number;
  readonly batchSize: number;
  readonly optimizer: string;
  readonly learningRate: number;
  readonly seed: number;
  /** Names of the signals that a participant needs, separated by a comma. */
  readonly signals: string;
  readonly classes: string;
  readonly windowLength: number;
  readonly windowHop: number;
  readonly sampleRateHz?: number;
  readonly features: string;
  readonly standardisation: string;
  readonly share: string;
}

const text = 'xs:string';

/** Our template of a federation's agreement. */
export const FEDERATION_TEMPLATE: OwnTemplate<keyof FederationValues> = {
  idShort: 'Federation',
  semanticId: FEDERATION_ID,
  definition: 'A standing agreement to train one model: model, data profile and rules.',
  members: [
    { idShort: 'federation', valueType: text, always: true, definition: 'Id of the federation.' },
    { idShort: 'title', valueType: text, definition: 'Title of the federation, for people.' },
    { idShort: 'createdAt', valueType: 'xs:dateTime', always: true, definition: 'When it was created.' },
    { idShort: 'model', valueType: text, always: true, definition: 'Key of the model architecture.' },
    { idShort: 'modelOptions', valueType: text, definition: 'Options of the architecture: a JSON object.' },
    {
      idShort: 'strategy',
      valueType: text,
      always: true,
      definition: 'Rule that makes the next version of the updates: its key, or JSON with its options.',
    },
    { idShort: 'cohort', valueType: text, always: true, definition: 'Who is asked in a round: JSON.' },
    { idShort: 'quorum', valueType: text, always: true, definition: 'Updates that a round needs: JSON.' },
    {
      idShort: 'deadlineMs',
      valueType: 'xs:long',
      always: true,
      definition: "Milliseconds for a round's updates.",
    },
    {
      idShort: 'maximumRoundAttempts',
      valueType: 'xs:int',
      always: true,
      definition: 'How often a round below its quorum is tried before the run fails.',
    },
    { idShort: 'rounds', valueType: 'xs:int', always: true, definition: 'Rounds of a run.' },
    { idShort: 'localEpochs', valueType: 'xs:int', always: true, definition: 'Local epochs of a round.' },
    { idShort: 'batchSize', valueType: 'xs:int', always: true, definition: 'Examples of a training step.' },
    { idShort: 'optimizer', valueType: text, always: true, definition: 'Key of the local optimizer.' },
    { idShort: 'learningRate', valueType: 'xs:double', always: true, definition: 'Its learning rate.' },
    { idShort: 'seed', valueType: 'xs:long', always: true, definition: 'Seed of all random choices.' },
    {
      idShort: 'signals',
      valueType: text,
      always: true,
      definition: 'Names of the signals that a participant needs, separated by a comma.',
    },
    { idShort: 'classes', valueType: text, always: true, definition: 'Classes in their order: a JSON list.' },
    { idShort: 'windowLength', valueType: 'xs:int', always: true, definition: 'Samples of a window.' },
    { idShort: 'windowHop', valueType: 'xs:int', always: true, definition: 'Samples between two windows.' },
    { idShort: 'sampleRateHz', valueType: 'xs:double', definition: 'Sampling rate that windows assume.' },
    { idShort: 'features', valueType: text, always: true, definition: 'What is computed of a window: JSON.' },
    {
      idShort: 'standardisation',
      valueType: text,
      always: true,
      definition:
        'local: each participant scales its features by its own statistics; federated: by those of all.',
    },
    {
      idShort: 'share',
      valueType: text,
      always: true,
      definition: 'full; or summary: no count per class and no confusion matrix leaves a site.',
    },
  ],
};

/** A federation's agreement. @param id of the submodel. */
export function federationSubmodel(id: string, values: FederationValues): Submodel {
  return ownSubmodel(FEDERATION_TEMPLATE, id, values);
}
