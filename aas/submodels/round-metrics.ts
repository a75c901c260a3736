import type { OwnMember } from './own-template.ts';
import { ROUND_METRICS_ID } from './semantic-ids.ts';

/** One row of a federation's time series: a model version, and what was known of it. */
export interface RoundMetrics {
  /** When the version was made, ISO 8601 in UTC. */
  readonly time: string;
  /** From 1; 0 for the initial version. */
  readonly round: number;
  readonly modelVersion: number;
  readonly contributors?: number;
  readonly exampleCount?: number;
  /** Of the version on local test windows, once it was evaluated. */
  readonly accuracy?: number;
  readonly uar?: number;
  readonly loss?: number;
  readonly testExampleCount?: number;
  /** How evenly it serves the participants, once it was evaluated. */
  readonly accuracyWorstTenth?: number;
  readonly accuracyVariance?: number;
}

/** The columns beside the time. */
export const ROUND_METRICS: {
  readonly semanticId: string;
  readonly members: readonly OwnMember<Exclude<keyof RoundMetrics, 'time'>>[];
} = {
  semanticId: ROUND_METRICS_ID,
  members: [
    {
      idShort: 'round',
      valueType: 'xs:int',
      definition: 'Round of the run, from 1; 0 for the initial version.',
    },
    {
      idShort: 'modelVersion',
      valueType: 'xs:int',
      definition: 'Number of the version that the round made.',
    },
    { idShort: 'contributors', valueType: 'xs:int', definition: 'Participants whose updates counted.' },
    { idShort: 'exampleCount', valueType: 'xs:long', definition: 'Train examples behind these updates.' },
    {
      idShort: 'accuracy',
      valueType: 'xs:double',
      definition: 'Fraction of right answers of the version on the local test windows of all.',
    },
    { idShort: 'uar', valueType: 'xs:double', definition: 'Unweighted average recall on these windows.' },
    { idShort: 'loss', valueType: 'xs:double', definition: 'Mean loss over these windows.' },
    { idShort: 'testExampleCount', valueType: 'xs:long', definition: 'How many these windows are.' },
    {
      idShort: 'accuracyWorstTenth',
      valueType: 'xs:double',
      definition: 'Mean accuracy at the tenth of the participants that the version serves worst.',
    },
    {
      idShort: 'accuracyVariance',
      valueType: 'xs:double',
      definition: "Variance of the participants' accuracies.",
    },
  ],
};
