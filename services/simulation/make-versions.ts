import { compressVersion } from '../../learning/compression/compress-version.ts';
import { writeCompressed } from '../../learning/compression/compressed-file.ts';
import { codecOf } from '../../learning/compression/index.ts';
import { randomStream } from '../../learning/random.ts';
import type { ModelTensor, RoundResult } from '../../learning/strategies/strategy.ts';
import { writeSafetensors } from '../../learning/weights/safetensors.ts';
import { writeVersionMetadata } from '../../learning/weights/version-metadata.ts';
import type { Federation } from '../../openapi/schemas.ts';
import type { MadeVersion } from './round-record.ts';
import type { Shelf } from './shelf.ts';
import type { Standing } from './standing.ts';

interface Making {
  readonly shelf: Shelf;
  readonly standing: Standing;
  readonly federation: Federation;
  readonly model: readonly ModelTensor[];
  readonly result: RoundResult;
  readonly seed: number;
  readonly round: number;
}

/** Writes the versions that a round made; where downloads are deltas, a version is what its delta decodes to. */
export function makeVersions(making: Making): MadeVersion[] {
  const { shelf, standing, model, result } = making;
  const made = [...result.versions].map(([group, values]) => {
    const base = standing.open(standing.versionOf(group));
    const { values: published, deltaBytes } = publishedValues(making, group, values);
    const number = base.number + 1;
    const tensors = model.map(({ name, shape }) => ({ name, shape, values: published.get(name)! }));
    const bytes = writeSafetensors(tensors, writeVersionMetadata({ ...base.metadata, group, number }));
    const version = { group, number, sha256: shelf.put(bytes), bytes: bytes.byteLength };
    return deltaBytes === undefined ? version : { ...version, deltaBytes };
  });
  for (const version of made) standing.versions.set(version.group, version);
  standing.keepState(result.state, model);
  return made;
}

function publishedValues(
  { standing, federation, model, seed, round }: Making,
  group: string,
  aggregated: ReadonlyMap<string, Float32Array>,
): { values: ReadonlyMap<string, Float32Array>; deltaBytes?: number } {
  const spec = federation.pipeline?.download;
  const before = standing.versions.get(group);
  if (spec === undefined || before === undefined) return { values: aggregated };
  const codec = codecOf(spec);
  const trainable = new Set(model.filter(({ role }) => role === 'trainable').map(({ name }) => name));
  const { tensors, version, residual } = compressVersion(
    model,
    standing.open(before).values,
    aggregated,
    standing.residualOf(group),
    {
      codecOf: (name) => (trainable.has(name) ? codec : undefined),
      random: (name) => randomStream({ seed, round, participant: 'main', purpose: `download/${name}` }),
      shared: { seed, round },
    },
  );
  standing.keepResidual(group, residual);
  return { values: version, deltaBytes: writeCompressed(tensors, {}).byteLength };
}
