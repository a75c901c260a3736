import { naturalLogarithm } from '../../learning/portable/natural-logarithm.ts';
import { type RandomStream, randomStream } from '../../learning/random.ts';
import type { DataProfile } from '../../openapi/schemas.ts';
import type { ExampleSet } from '../trainer/data-set/frozen-index.ts';
import { profileFeatures } from '../trainer/data-set/profile-features.ts';
import { keepExamples, type VirtualData, type VirtualExamples } from './keep-examples.ts';

export interface GeneratedOptions {
  readonly profile: DataProfile;
  readonly participants: number;
  /** What their ids begin with. @defaultValue `virtual` */
  readonly prefix?: string;
  readonly seed: number;
  /** Of each participant. @defaultValue 60 */
  readonly trainExamples?: number;
  /** Of each participant. @defaultValue 20 */
  readonly testExamples?: number;
  /** Distance of a class's mean from the origin in each feature, in deviations of the noise. @defaultValue 0.1 */
  readonly separation?: number;
  /** Where the examples are kept. */
  readonly into: string;
}

/**
 * Makes participants whose examples are drawn: a Gaussian cloud a class, the same for all, and for each participant a
 * mixture of classes of its own (a Dirichlet distribution with all parameters 1). To try a federation on before there is
 * data, and for measurements; it says nothing of real machines.
 */
export function generatedParticipants(options: GeneratedOptions): Promise<VirtualData> {
  const {
    profile,
    participants,
    prefix = 'virtual',
    seed,
    trainExamples = 60,
    testExamples = 20,
    into,
  } = options;
  const { shape, size } = profileFeatures(profile);
  const means = classMeans(options, size);
  return keepExamples({ profile, featureShape: shape, folder: into }, all());

  function* all(): Generator<VirtualExamples> {
    const digits = String(participants).length;
    for (let index = 1; index <= participants; index++) {
      const id = `${prefix}-${String(index).padStart(digits, '0')}`;
      const random = randomStream({ seed, round: 0, participant: id, purpose: 'generated-examples' });
      const mixture = mixtureOf(random, means.length);
      const draw = (count: number) => drawn(random, count, means, mixture);
      yield { id, train: draw(trainExamples), test: draw(testExamples), attributes: {} };
    }
  }
}

function classMeans({ profile, seed, separation = 0.1 }: GeneratedOptions, size: number): Float64Array[] {
  return profile.classes.map((name) => {
    const random = randomStream({ seed, round: 0, participant: 'main', purpose: `generated-class/${name}` });
    return Float64Array.from({ length: size }, () => separation * random.normal());
  });
}

/** How likely each class is, summed up. */
function mixtureOf(random: RandomStream, classes: number): number[] {
  const weights = Array.from({ length: classes }, () => -naturalLogarithm(1 - random.uniform()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum / total;
  });
}

function drawn(
  random: RandomStream,
  count: number,
  means: readonly Float64Array[],
  mixture: readonly number[],
): ExampleSet {
  const size = means[0]!.length;
  const features = new Float32Array(count * size);
  const labels = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const place = random.uniform();
    const label = Math.min(means.length - 1, mixture.filter((sum) => sum <= place).length);
    labels[row] = label;
    const mean = means[label]!;
    for (let feature = 0; feature < size; feature++) {
      features[row * size + feature] = mean[feature]! + random.normal();
    }
  }
  return { count, features, labels };
}
