import type { TrainerFile } from '../../openapi/schemas.ts';

/** What a collector process is started with. */
export interface CollectorSettings {
  /** Path of the trainer file; it is read again whenever it or one of its line files changes. */
  readonly trainerFile: string;
  /** State folder of the trainer: the samples go to `collected/PARTICIPANT`, the certificates lie in `pki`. */
  readonly folder: string;
}

const BYTES_A_MEBIBYTE = 1024 ** 2;
const MS_AN_HOUR = 3_600_000;
const LEAST_BYTES = 64 * BYTES_A_MEBIBYTE;

/** The part of a trainer file that a collector works by. */
export interface CollectorConfiguration extends Pick<TrainerFile, 'collector'> {
  readonly participants: readonly Pick<TrainerFile['participants'][number], 'id' | 'source'>[];
}

/** How much of a participant's data waits for the trainer at most. */
export interface StoreLimits {
  readonly limitBytes: number;
  readonly maxAgeMs: number;
}

/** The share of each participant in what a trainer file allows, at least 64 MiB. */
export function storeLimits({ collector = {} }: CollectorConfiguration, participants: number): StoreLimits {
  const { limitMebibytes = 10_240, maximumAgeHours = 720 } = collector;
  const share = Math.floor((limitMebibytes * BYTES_A_MEBIBYTE) / Math.max(1, participants));
  return { limitBytes: Math.max(LEAST_BYTES, share), maxAgeMs: maximumAgeHours * MS_AN_HOUR };
}
