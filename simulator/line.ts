import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { BLOCK_SAMPLES } from '../connectors/recording/blocks.ts';
import { readManifest } from '../connectors/recording/manifest.ts';
import { readSegments, type Segment } from '../connectors/recording/segments.ts';
import { EMOTIONS } from './demos-synthetic/emotions.ts';
import { DEMOS_SYNTHETIC, demosSyntheticSpeakers } from './demos-synthetic/speakers.ts';
import { type SignalNode, signalNodes } from './signal-nodes.ts';
import { DEFAULT_SHIFT, generateSegments } from './vibration/generated-machine.ts';
import { CONDITIONS, SAMPLE_RATE_HZ } from './vibration/machine-vibration.ts';
import { mountingPosition } from './vibration/mounting-position.ts';

/** A line of generated machines. */
export interface GeneratedLine {
  /** How many. */
  readonly machines: number;
  /** The same seed gives the same samples. */
  readonly seed: number;
  /** Segments that each machine plays of each condition. @defaultValue 20 */
  readonly segmentsPerCondition?: number;
  /** Samples of a segment. @defaultValue 5120, which are 5 windows of 1,024 */
  readonly samplesPerSegment?: number;
  /**
   * Whether the machines work by the clock, whoever listens, as real ones do; what nobody takes is lost. By default they
   * play to whoever subscribes and lose nothing. `laps`: how often each works through its shift; without end by default.
   */
  readonly live?: { readonly laps?: number };
}

/**
 * A line that plays the recordings of a folder with a manifest.csv, a machine for each value of a column; or, where
 * `data` is `demos-synthetic`, generated speakers.
 */
export interface RecordedLine {
  readonly data: string;
  /** @defaultValue `client` */
  readonly group?: string;
  /** How many machines, first in the order of their ids. @defaultValue all */
  readonly limit?: number;
}

export type LineSpec = GeneratedLine | RecordedLine;

/** A machine and the finite shift that it plays. */
export interface Machine {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The segments from number `from` on, the same at every call. */
  segments(from: number): AsyncIterable<Segment>;
}

export interface Line {
  readonly machines: readonly Machine[];
  /** Every label that the machines' condition takes, in the order of a federation's classes. */
  readonly classes: readonly string[];
  /** Segments of each machine's shift, of generated machines, whose segments are all of one length. */
  readonly segments?: number;
}

/** Makes the machines of a line. @throws CodedError as `readManifest` does */
export async function openLine(spec: LineSpec): Promise<Line> {
  return 'data' in spec ? recordedLine(spec) : generatedLine(spec);
}

function generatedLine(spec: GeneratedLine): Line {
  const shift = {
    seed: spec.seed,
    segmentsPerCondition: spec.segmentsPerCondition ?? DEFAULT_SHIFT.segmentsPerCondition,
    samplesPerSegment: spec.samplesPerSegment ?? DEFAULT_SHIFT.samplesPerSegment,
  };
  const machines = Array.from({ length: spec.machines }, (_, index): Machine => {
    return {
      id: `machine-${index + 1}`,
      attributes: { position: mountingPosition(index, spec.seed).name },
      async *segments(from) {
        yield* generateSegments(index, shift, from);
      },
    };
  });
  return { machines, classes: CONDITIONS, segments: CONDITIONS.length * shift.segmentsPerCondition };
}

async function recordedLine(spec: RecordedLine): Promise<Line> {
  if (basename(spec.data) === DEMOS_SYNTHETIC && !existsSync(spec.data)) return syntheticLine(spec.limit);
  const { group, groups, labels } = await readManifest(spec.data, {
    ...(spec.group === undefined ? {} : { group: spec.group }),
    ...(spec.limit === undefined ? {} : { groups: spec.limit }),
  });
  const machines = groups.map(({ id, value, rows }): Machine => {
    return { id, attributes: { [group]: value }, segments: (from) => readSegments(rows, from) };
  });
  return { machines, classes: labels };
}

/** One line for every seed of training: so that runs can be compared. */
const SYNTHETIC_SEED = 1;

function syntheticLine(speakers: number | undefined): Line {
  const machines = demosSyntheticSpeakers(SYNTHETIC_SEED, speakers).map(({ id, sex, segments }): Machine => {
    return {
      id,
      attributes: { sex },
      async *segments(from) {
        yield* segments(from);
      },
    };
  });
  return { machines, classes: EMOTIONS };
}

/** What a trainer file and a federation need to know of a line. */
export interface LineDescription {
  readonly classes: readonly string[];
  readonly machines: readonly {
    readonly id: string;
    readonly attributes: Readonly<Record<string, string>>;
    /** The `signals` of an OPC UA source in a trainer file. */
    readonly signals: Readonly<Record<string, SignalNode>>;
  }[];
}

/** Blocks that a machine which works by the clock writes a second. */
const LIVE_BLOCKS_HZ = SAMPLE_RATE_HZ / BLOCK_SAMPLES;

/** Describes a line without starting it. @throws CodedError as `readManifest` does */
export async function describeLine(spec: LineSpec): Promise<LineDescription> {
  const { machines, classes } = await openLine(spec);
  return {
    classes,
    machines: machines.map(({ id, attributes }) => ({
      id,
      attributes,
      signals: signalNodes(id, 'live' in spec && spec.live !== undefined ? LIVE_BLOCKS_HZ : undefined),
    })),
  };
}
