import type { Segment } from '../../connectors/recording/segments.ts';
import { type RandomStream, randomStream } from '../../learning/random.ts';
import { EMOTIONS, MANNERS } from './emotions.ts';
import { SAMPLE_RATE_HZ, speech, type Voice } from './speech.ts';

/** The name by which `--data` and the catalogue know the set. */
export const DEMOS_SYNTHETIC = 'demos-synthetic';

/** As in DEMoS: 68 speakers, 23 of them women, about 9,365 clips of about 2.86 s, at most 373 frames long. */
export const SPEAKERS = 68;
const WOMEN = 23;
const CLIPS_PER_SPEAKER = 9365 / SPEAKERS;
const MEAN_SECONDS = 2.86;
const SHORTEST_SECONDS = 0.8;
const LONGEST_SECONDS = 5.984;
const TEST_SHARE = 0.2;

/** A generated speaker and the clips, which are made as they are asked for. */
export interface Speaker {
  readonly id: string;
  readonly sex: 'f' | 'm';
  readonly clips: number;
  /** From number `from` on, the same at every call. */
  segments(from: number): Generator<Segment>;
}

/**
 * The speakers of the stand-in for DEMoS. It has the corpus' shape, which cannot be passed on, and nothing of its
 * content: figures got with it say nothing about people.
 */
export function demosSyntheticSpeakers(seed: number, count = SPEAKERS): Speaker[] {
  return Array.from({ length: count }, (_, index) => speakerOf(seed, index));
}

function speakerOf(seed: number, index: number): Speaker {
  const random = streamOf(seed, index, 'speaker');
  // Women are spread over the numbers, so that any number of first speakers has some.
  const sex =
    Math.floor(((index + 1) * WOMEN) / SPEAKERS) > Math.floor((index * WOMEN) / SPEAKERS) ? 'f' : 'm';
  const voice: Voice = {
    pitchHz: (sex === 'f' ? 205 : 118) * Math.exp(0.1 * random.normal()),
    formants: (sex === 'f' ? 1.14 : 1) * Math.exp(0.04 * random.normal()),
    syllablesPerSecond: 4.6 * Math.exp(0.1 * random.normal()),
  };
  const clips = Math.max(
    EMOTIONS.length * 5,
    Math.round(CLIPS_PER_SPEAKER * Math.exp(0.3 * random.normal() - 0.045)),
  );
  const plan = planOf(clips, random);
  return {
    id: `speaker-${String(index + 1).padStart(2, '0')}`,
    sex,
    clips,
    *segments(from) {
      for (const [offset, { emotion, lot }] of plan.entries()) {
        const segment = offset + 1;
        if (segment < from) continue;
        const own = streamOf(seed, index, `clip/${segment}`);
        const seconds = MEAN_SECONDS * Math.exp(0.35 * own.normal() - 0.06);
        yield {
          segment,
          label: emotion,
          lot,
          context: new Map([['sex', sex]]),
          sampleRateHz: SAMPLE_RATE_HZ,
          samples: speech(
            voice,
            MANNERS[emotion]!,
            Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, seconds)),
            own,
          ),
        };
      }
    },
  };
}

interface PlannedClip {
  readonly emotion: string;
  readonly lot: 'train' | 'test';
}

/** Unequal numbers of the emotions, a fifth of each for tests, in a shuffled order. */
function planOf(clips: number, random: RandomStream): PlannedClip[] {
  const weights = EMOTIONS.map(() => Math.exp(0.25 * random.normal()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const ends = weights.map((_, index) => {
    const share = weights.slice(0, index + 1).reduce((sum, weight) => sum + weight, 0) / total;
    return Math.round(share * clips);
  });
  const plan = EMOTIONS.flatMap((emotion, index) => {
    const count = ends[index]! - (ends[index - 1] ?? 0);
    const tests = Math.round(count * TEST_SHARE);
    return Array.from({ length: count }, (_, number): PlannedClip => {
      return { emotion, lot: number < tests ? 'test' : 'train' };
    });
  });
  random.shuffle(plan);
  return plan;
}

function streamOf(seed: number, index: number, purpose: string): RandomStream {
  return randomStream({
    seed,
    round: 0,
    participant: `speaker-${index + 1}`,
    purpose: `${DEMOS_SYNTHETIC}/${purpose}`,
  });
}
