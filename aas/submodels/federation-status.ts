import type { Submodel } from '../model.ts';
import { externalReference } from '../references.ts';
import { property } from './elements.ts';
import { FEDERATION_STATUS_ID } from './semantic-ids.ts';

/** A federation's state as any AAS client may read it. What is not known yet is left out. */
export interface FederationStatusValues {
  /** Id of the submodel. */
  readonly id: string;
  readonly federation: string;
  readonly run?: string;
  /** The run's state, such as `running`; `idle` without a run. */
  readonly state: string;
  /** Why it is in that state. */
  readonly reason?: string;
  /** From 1. */
  readonly round?: number;
  readonly totalRounds?: number;
  readonly participantsOnline: number;
  readonly participants: number;
  /** Fraction of local test windows, of the newest global version that was evaluated. */
  readonly aggregatedAccuracy?: number;
  readonly aggregatedUar?: number;
  readonly aggregatedLoss?: number;
  /** Shell of the newest model version. */
  readonly model?: string;
  readonly modelVersion?: number;
  readonly modelSha256?: string;
  readonly lastError?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** Our own flat status submodel: Properties only, so that the simplest client can poll it. */
export function federationStatus(values: FederationStatusValues): Submodel {
  const text = (idShort: string, value: string | undefined) => property(idShort, memberId(idShort), value);
  const integer = (idShort: string, value: number | undefined) =>
    property(idShort, memberId(idShort), value, 'xs:int');
  const real = (idShort: string, value: number | undefined) =>
    property(idShort, memberId(idShort), value, 'xs:double');
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'FederationStatus',
    kind: 'Instance',
    semanticId: externalReference(FEDERATION_STATUS_ID),
    submodelElements: [
      text('federation', values.federation),
      text('run', values.run),
      text('state', values.state),
      text('reason', values.reason),
      integer('round', values.round),
      integer('totalRounds', values.totalRounds),
      integer('participantsOnline', values.participantsOnline),
      integer('participants', values.participants),
      real('aggregatedAccuracy', values.aggregatedAccuracy),
      real('aggregatedUar', values.aggregatedUar),
      real('aggregatedLoss', values.aggregatedLoss),
      text('model', values.model),
      integer('modelVersion', values.modelVersion),
      text('modelSha256', values.modelSha256),
      text('lastError', values.lastError),
      property('updatedAt', memberId('updatedAt'), values.updatedAt, 'xs:dateTime'),
    ],
  };
}

function memberId(idShort: string): string {
  return `${FEDERATION_STATUS_ID}:${idShort}`;
}
