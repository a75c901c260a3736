import type { Submodel } from '../model.ts';
import { type OwnTemplate, ownSubmodel } from './own-template.ts';
import { PARTICIPANT_ID } from './semantic-ids.ts';

/** A participant's state as any AAS client may read it. What is not known yet is left out. */
export interface ParticipantValues {
  readonly participant: string;
  readonly pool: string;
  /** `offline`, `collecting`, `ready` or `training`. */
  readonly state: string;
  /** Its federations, separated by a comma. */
  readonly federations?: string;
  /** JSON of the attributes in its trainer file. */
  readonly attributes?: string;
  /** Names of its signals, separated by a comma; never values. */
  readonly signals?: string;
  /** sha256 of the certificate that speaks for it, 64 hex digits. */
  readonly certificateSha256?: string;
  /** Examples of its local data sets. */
  readonly examples?: number;
  /** Epochs done of its newest training, from 1. */
  readonly epoch?: number;
  /** What the locally trained model scores; never the global version's accuracy. */
  readonly trainedAccuracy?: number;
  readonly trainedLoss?: number;
  /** By federation what its model is computed with, and measured steps. */
  readonly backend?: string;
  /** Training processes of its pool, and what was measured of them. */
  readonly slots?: string;
  readonly lastError?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** Our template of a participant's status. */
export const PARTICIPANT_TEMPLATE: OwnTemplate<keyof ParticipantValues> = {
  idShort: 'Participant',
  semanticId: PARTICIPANT_ID,
  definition: 'Who trains on data of its own, and how far it is: Properties only, read by polling.',
  members: [
    { idShort: 'participant', valueType: 'xs:string', always: true, definition: 'Id of the participant.' },
    {
      idShort: 'pool',
      valueType: 'xs:string',
      always: true,
      definition: 'Id of the pool of workers that holds its data.',
    },
    {
      idShort: 'state',
      valueType: 'xs:string',
      always: true,
      definition: 'offline, collecting, ready or training.',
    },
    {
      idShort: 'federations',
      valueType: 'xs:string',
      definition: 'Ids of the federations it takes part in, separated by a comma.',
    },
    {
      idShort: 'attributes',
      valueType: 'xs:string',
      definition: 'What its site says of it, such as its place: a JSON object of texts.',
    },
    {
      idShort: 'signals',
      valueType: 'xs:string',
      definition: 'Names of the signals its source has, separated by a comma.',
    },
    {
      idShort: 'certificateSha256',
      valueType: 'xs:string',
      definition: 'sha256 of the certificate that speaks for it, 64 hex digits.',
    },
    { idShort: 'examples', valueType: 'xs:long', definition: 'Examples of its local data sets.' },
    { idShort: 'epoch', valueType: 'xs:int', definition: 'Local epochs done of its newest training.' },
    {
      idShort: 'trainedAccuracy',
      valueType: 'xs:double',
      definition: 'Fraction of right answers of its locally trained model on its train windows.',
    },
    {
      idShort: 'trainedLoss',
      valueType: 'xs:double',
      definition: 'Mean loss of its locally trained model on its train windows.',
    },
    {
      idShort: 'backend',
      valueType: 'xs:string',
      definition: "What it computes each federation's model with, and measured training steps a second.",
    },
    {
      idShort: 'slots',
      valueType: 'xs:string',
      definition:
        'Training processes of its pool at a time; their slowest start and step, their largest memory.',
    },
    { idShort: 'lastError', valueType: 'xs:string', definition: 'Why it is not ready.' },
    { idShort: 'updatedAt', valueType: 'xs:dateTime', always: true, definition: 'When this was written.' },
  ],
};

/** A participant's status. @param id of the submodel. */
export function participantSubmodel(id: string, values: ParticipantValues): Submodel {
  return ownSubmodel(PARTICIPANT_TEMPLATE, id, values);
}
