import type { Federation } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
import type { VirtualData } from '../../services/simulation/keep-examples.ts';
import { recordedParticipants } from '../../services/simulation/recorded-participants.ts';
import { GEARBOX_PROFILE } from '../simulation/gearbox.ts';
import { LINE_PROFILE, lineParticipants } from '../simulation/line-participants.ts';

/** Data that compression is measured on, and how a federation learns from it. */
export interface Pack {
  readonly name: string;
  federation(seed: number, pipeline: Federation['pipeline']): Federation;
  data(seed: number, folder: string): Promise<VirtualData>;
}

export const ROUNDS = 60;
const MACHINES = 8;

/** Eight machines of the generated line, and recordings of a gearbox by its eight loads. @param recordings the folder of gearbox-4pos */
export function packs(recordings: string): readonly Pack[] {
  const line = (seed: number, pipeline: Federation['pipeline']) =>
    federationOf('line', LINE_PROFILE, seed, pipeline);
  const gearbox = (seed: number, pipeline: Federation['pipeline']) =>
    federationOf('gearbox', GEARBOX_PROFILE, seed, pipeline);
  return [
    {
      name: 'line',
      federation: line,
      data: (seed, folder) =>
        lineParticipants(line(seed, undefined).profile, { machines: MACHINES, seed, folder }),
    },
    {
      name: 'gearbox-4pos',
      federation: gearbox,
      data: (seed, folder) =>
        recordedParticipants({
          folder: recordings,
          group: 'load_pct',
          profile: gearbox(seed, undefined).profile,
          into: folder,
        }),
    },
  ];
}

function federationOf(
  id: string,
  profile: object,
  seed: number,
  pipeline: Federation['pipeline'],
): Federation {
  const written = {
    id,
    model: { key: 'dense', hidden: [256, 128] },
    profile,
    training: {
      localEpochs: 2,
      batchSize: 32,
      seed,
      optimizer: { key: 'adam', learningRate: 0.002 },
      numerics: 'reproducible',
    },
    rounds: ROUNDS,
    evaluation: { everyRounds: ROUNDS, of: 'all' },
    ...(pipeline !== undefined && { pipeline }),
  };
  return validate('Federation', written, 'the federation of the bench');
}
