import { CODEC_KEYS, codecOf } from '../../../learning/compression/index.ts';
import { combinationFault } from '../../../learning/pipeline/combination-fault.ts';
import { DEFAULT_PIPELINE, type Pipeline } from '../../../learning/pipeline/pipeline.ts';
import { refusePipeline } from '../../../learning/pipeline/refuse-pipeline.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import { refuseQuorum } from '../../../learning/strategies/robust.ts';
import { thrownBy } from '../safetensors-samples.ts';
import { SPECS } from '../strategies/specs.ts';

const CODECS = [
  ...CODEC_KEYS.map((key) => ({ key })),
  { key: 'random-k', shared: false },
  { key: 'int8', errorFeedback: true },
  { key: 'top-k', errorFeedback: true },
];
const ROLES = ['trainable', 'statistic', 'local'] as const;

const COORDINATE_RULES = ['median', 'trimmed-mean', 'bulyan'];
const OTHER_ROBUST_RULES = ['krum', 'multi-krum', 'geometric-median', 'centred-clipping', 'norm-bounding'];

/** The table, written down apart from the code: what is refused of strategy × codec × role. */
function isRefused(
  strategy: string,
  codec: { key: string; shared?: boolean; errorFeedback?: boolean },
  role: string,
): boolean {
  if (role === 'local' || strategy === 'fed-async') return true;
  const sparsifies = codec.key === 'top-k' || codec.key === 'random-k';
  if (role === 'statistic' && sparsifies) return true;
  const ownPlaces = codec.key === 'top-k' || codec.shared === false;
  if (COORDINATE_RULES.includes(strategy) && ownPlaces) return true;
  return codec.errorFeedback === true && [...COORDINATE_RULES, ...OTHER_ROBUST_RULES].includes(strategy);
}

describe('every pair of strategy, codec and role', () => {
  const table = SPECS.flatMap((spec) =>
    CODECS.flatMap((codec) => ROLES.map((role) => ({ spec, codec, role }))),
  );

  it(`is allowed or refused as the table says, all ${table.length}`, () => {
    const differing = table.filter(({ spec, codec, role }) => {
      const fault = combinationFault({
        strategy: strategyOf(spec),
        stage: 'compress',
        codec: codecOf(codec),
        role,
        reclips: false,
      });
      return (fault !== undefined) !== isRefused(spec.key, codec, role);
    });

    expect(differing).toEqual([]);
  });

  it('allows error feedback under robust rules where the aggregator clips decoded updates', () => {
    const given = {
      strategy: strategyOf({ key: 'krum', f: 1 }),
      stage: 'compress',
      role: 'trainable',
    } as const;
    const codec = codecOf({ key: 'top-k', errorFeedback: true });

    expect(combinationFault({ ...given, codec, reclips: true })).toBeUndefined();
  });

  it.each(['clip', 'optimise'])('refuses to %s statistic tensors under every strategy', (stage) => {
    for (const spec of SPECS) {
      const given = { strategy: strategyOf(spec), stage, codec: undefined, reclips: false };

      expect(combinationFault({ ...given, role: 'statistic' })).toContain('statistic');
      // What is clipped is a delta.
      const mayClip = stage !== 'clip' || given.strategy.parts.includes('delta');
      expect(combinationFault({ ...given, role: 'trainable' }) === undefined).toBe(mayClip);
    }
  });
});

describe('refusePipeline', () => {
  const fedAvg = strategyOf({ key: 'fed-avg' });
  const { aggregator } = DEFAULT_PIPELINE;

  it('lets the default pass under every strategy', () => {
    for (const spec of SPECS) refusePipeline(DEFAULT_PIPELINE, strategyOf(spec));
  });

  it('lets clip, compress and a clip at the aggregator pass', () => {
    const pipeline: Pipeline = {
      participant: [
        { kind: 'clip', norm: 1 },
        { kind: 'compress', codec: { key: 'int8' }, roles: ['trainable', 'statistic'] },
      ],
      aggregator: [
        { kind: 'verify' },
        { kind: 'decode' },
        { kind: 'clip', norm: 1 },
        { kind: 'gate' },
        { kind: 'fold' },
      ],
    };

    expect(() => refusePipeline(pipeline, fedAvg)).not.toThrow();
  });

  it.each<[string, Pipeline, string]>([
    [
      'compress before clip',
      {
        aggregator,
        participant: [
          { kind: 'compress', codec: { key: 'f16' } },
          { kind: 'clip', norm: 1 },
        ],
      },
      '/pipeline/participant/1',
    ],
    [
      'a gate before decode: norms speak of the decoded update',
      {
        participant: [],
        aggregator: [{ kind: 'verify' }, { kind: 'gate' }, { kind: 'decode' }, { kind: 'fold' }],
      },
      '/pipeline/aggregator/2',
    ],
    [
      'a fold before verify',
      { participant: [], aggregator: [{ kind: 'fold' }, { kind: 'verify' }, { kind: 'decode' }] },
      '/pipeline/aggregator/1',
    ],
    [
      'no verify',
      { participant: [], aggregator: [{ kind: 'decode' }, { kind: 'fold' }] },
      '/pipeline/aggregator',
    ],
    [
      'optimising statistic tensors',
      {
        participant: [],
        aggregator: [...aggregator.slice(0, -1), { kind: 'optimise', roles: ['statistic'] }],
      },
      '/pipeline/aggregator/4',
    ],
    [
      'top-k of statistic tensors',
      { aggregator, participant: [{ kind: 'compress', codec: { key: 'top-k' }, roles: ['statistic'] }] },
      '/pipeline/participant/0',
    ],
  ])('refuses %s', (_, pipeline, path) => {
    const error = thrownBy(() => refusePipeline(pipeline, fedAvg));

    expect(error.code).toBe('E_PIPELINE_REFUSED');
    expect(error.faults.map((fault) => fault.path)).toContain(path);
  });

  it('refuses the median of what top-k left', () => {
    const pipeline: Pipeline = { aggregator, participant: [{ kind: 'compress', codec: { key: 'top-k' } }] };

    expect(thrownBy(() => refusePipeline(pipeline, strategyOf({ key: 'median' }))).code).toBe(
      'E_PIPELINE_REFUSED',
    );
  });
});

describe('refuseQuorum', () => {
  it.each([
    [{ key: 'krum', f: 2 }, 7],
    [{ key: 'trimmed-mean', f: 2 }, 5],
    [{ key: 'bulyan', f: 1 }, 7],
    [{ key: 'multi-krum', f: 1, selected: 6 }, 7],
    [{ key: 'trimmed-mean', f: 1, bucketSize: 2 }, 5],
    [{ key: 'fed-avg' }, 1],
  ])('needs for %j a quorum of %d', (spec, quorum) => {
    const strategy = strategyOf(spec);

    expect(() => refuseQuorum(strategy, quorum)).not.toThrow();
    if (spec.key !== 'fed-avg')
      expect(thrownBy(() => refuseQuorum(strategy, quorum - 1)).code).toBe('E_INVALID_INPUT');
  });
});
