import type { Submodel } from '../model.ts';
import { type OwnTemplate, ownSubmodel } from './own-template.ts';
import { RUN_ID } from './semantic-ids.ts';

/** State of a federation's newest run, as any AAS client may read it. What is not known yet is left out. */
export interface RunValues {
  readonly federation: string;
  /** Id of the newest run. */
  readonly run?: string;
  /** The run's state, such as `running`; `idle` without a run. */
  readonly state: string;
  /** Why it is in that state. */
  readonly reason?: string;
  /** From 1. */
  readonly round?: number;
  readonly totalRounds?: number;
  /** Local epochs that every participant of the open round has done. */
  readonly epoch?: number;
  /** Fraction of local test windows, of the newest global version that was evaluated. */
  readonly aggregatedAccuracy?: number;
  readonly aggregatedUar?: number;
  readonly aggregatedLoss?: number;
  readonly participantsOnline: number;
  readonly participants: number;
  /** The federation whose data profile the local data sets follow. */
  readonly dataset: string;
  /** Shell of the newest model version. */
  readonly model?: string;
  readonly modelVersion?: number;
  readonly modelSha256?: string;
  readonly lastError?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** Our template of a run's status. */
export const RUN_TEMPLATE: OwnTemplate<keyof RunValues> = {
  idShort: 'Run',
  semanticId: RUN_ID,
  definition: "State of a federation's newest run: Properties only, read by polling.",
  members: [
    { idShort: 'federation', valueType: 'xs:string', always: true, definition: 'Id of the federation.' },
    { idShort: 'run', valueType: 'xs:string', definition: 'Id of the newest run.' },
    {
      idShort: 'state',
      valueType: 'xs:string',
      always: true,
      definition:
        'State of the run: created, waiting, running, paused, completed, stopped or failed; idle without a run.',
    },
    { idShort: 'reason', valueType: 'xs:string', definition: 'Why the run is in its state.' },
    { idShort: 'round', valueType: 'xs:int', definition: 'Number of the newest round, from 1.' },
    { idShort: 'totalRounds', valueType: 'xs:int', definition: 'Rounds that the run will have.' },
    {
      idShort: 'epoch',
      valueType: 'xs:int',
      definition: 'Local epochs that every participant which trains in the round has done.',
    },
    {
      idShort: 'aggregatedAccuracy',
      valueType: 'xs:double',
      definition:
        'Fraction of right answers of the newest evaluated global version on the local test windows of all.',
    },
    {
      idShort: 'aggregatedUar',
      valueType: 'xs:double',
      definition: 'Unweighted average recall of the same version on the same windows.',
    },
    {
      idShort: 'aggregatedLoss',
      valueType: 'xs:double',
      definition: 'Mean loss of the same version over the same windows.',
    },
    {
      idShort: 'participantsOnline',
      valueType: 'xs:int',
      always: true,
      definition: 'Admitted participants whose trainer is heard.',
    },
    { idShort: 'participants', valueType: 'xs:int', always: true, definition: 'Admitted participants.' },
    {
      idShort: 'dataset',
      valueType: 'xs:string',
      always: true,
      definition: 'Id of the federation whose data profile the local data sets follow.',
    },
    { idShort: 'model', valueType: 'xs:string', definition: 'Id of the shell of the newest model version.' },
    {
      idShort: 'modelVersion',
      valueType: 'xs:int',
      definition: 'Number of the newest model version, from 0.',
    },
    { idShort: 'modelSha256', valueType: 'xs:string', definition: 'sha256 of its file, 64 hex digits.' },
    {
      idShort: 'lastError',
      valueType: 'xs:string',
      definition: 'Why the run failed, or what went wrong in its newest round.',
    },
    { idShort: 'updatedAt', valueType: 'xs:dateTime', always: true, definition: 'When this was written.' },
  ],
};

/** The status of a federation's newest run. @param id of the submodel. */
export function runSubmodel(id: string, values: RunValues): Submodel {
  return ownSubmodel(RUN_TEMPLATE, id, values);
}
