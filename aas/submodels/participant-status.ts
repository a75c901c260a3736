import type { Submodel } from '../model.ts';
import { externalReference } from '../references.ts';
import { property } from './elements.ts';
import { PARTICIPANT_STATUS_ID } from './semantic-ids.ts';

/** A participant's state as any AAS client may read it. What is not known yet is left out. */
export interface ParticipantStatusValues {
  /** Id of the submodel. */
  readonly id: string;
  readonly participant: string;
  readonly pool: string;
  /** `offline`, `collecting`, `ready` or `training`. */
  readonly state: string;
  /** Examples of its local data set. */
  readonly examples?: number;
  /** From 1. */
  readonly epoch?: number;
  /** What the locally trained model scores; never the global version's accuracy. */
  readonly trainedAccuracy?: number;
  readonly trainedLoss?: number;
  readonly lastError?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** Our own flat status submodel of a participant: Properties only. */
export function participantStatus(values: ParticipantStatusValues): Submodel {
  const id = (idShort: string) => `${PARTICIPANT_STATUS_ID}:${idShort}`;
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'ParticipantStatus',
    kind: 'Instance',
    semanticId: externalReference(PARTICIPANT_STATUS_ID),
    submodelElements: [
      property('participant', id('participant'), values.participant),
      property('pool', id('pool'), values.pool),
      property('state', id('state'), values.state),
      property('examples', id('examples'), values.examples, 'xs:long'),
      property('epoch', id('epoch'), values.epoch, 'xs:int'),
      property('trainedAccuracy', id('trainedAccuracy'), values.trainedAccuracy, 'xs:double'),
      property('trainedLoss', id('trainedLoss'), values.trainedLoss, 'xs:double'),
      property('lastError', id('lastError'), values.lastError),
      property('updatedAt', id('updatedAt'), values.updatedAt, 'xs:dateTime'),
    ],
  };
}
