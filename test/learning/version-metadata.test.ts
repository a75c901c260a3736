import { readSafetensors, writeSafetensors } from '../../learning/weights/safetensors.ts';
import {
  readVersionMetadata,
  type VersionMetadata,
  writeVersionMetadata,
} from '../../learning/weights/version-metadata.ts';
import { thrownBy } from './safetensors-samples.ts';

const VERSION: VersionMetadata = {
  group: 'main',
  number: 3,
  inputShape: [2],
  outputShape: [2],
  model: { key: 'dense', hidden: [4] },
  profile: { classes: ['healthy', 'worn'], window: { length: 8, hop: 8 } },
  scaler: { kind: 'federated', mean: [0.1, -2], standardDeviation: [1, 0.5] },
};

describe('version metadata', () => {
  it('comes back from a file as it was written', () => {
    const file = writeSafetensors([], writeVersionMetadata(VERSION));

    const { header } = readSafetensors(file);

    expect(readVersionMetadata(header.metadata)).toEqual(VERSION);
  });

  it('is the same text for equal values in another order', () => {
    const { profile, ...rest } = VERSION;
    const other = { profile: { window: { hop: 8, length: 8 }, classes: profile.classes }, ...rest };

    expect(writeVersionMetadata(other)).toEqual(writeVersionMetadata(VERSION));
  });

  it('holds nothing but what is needed to apply the model', () => {
    const withRun: VersionMetadata & { run: string } = { ...VERSION, run: 'r1' };

    expect(JSON.parse(writeVersionMetadata(withRun)['fedshell']!)).toEqual(VERSION);
  });

  it('is refused with every fault', () => {
    const wrong = JSON.stringify({
      ...VERSION,
      number: -1,
      model: {},
      scaler: { kind: 'federated', mean: [1] },
    });

    const error = thrownBy(() => readVersionMetadata({ fedshell: wrong }));

    expect(error.code).toBe('E_MALFORMED_SAFETENSORS');
    expect(error.faults.map(({ path }) => path)).toEqual([
      'fedshell/number',
      'fedshell/model',
      'fedshell/scaler',
    ]);
  });

  it.each([
    ['a deviation of 0', { kind: 'federated', mean: [1], standardDeviation: [0] }],
    ['fewer deviations than means', { kind: 'federated', mean: [1, 2], standardDeviation: [1] }],
    ['another kind', { kind: 'global' }],
  ])('is refused for a scaler with %s', (_, scaler) => {
    const metadata = { fedshell: JSON.stringify({ ...VERSION, scaler }) };

    expect(thrownBy(() => readVersionMetadata(metadata)).faults[0]?.path).toBe('fedshell/scaler');
  });

  it.each([
    ['the key is missing', {}],
    ['it is no JSON', { fedshell: '{' }],
    ['it is no object', { fedshell: '[]' }],
  ])('is refused where %s', (_, metadata) => {
    expect(thrownBy(() => readVersionMetadata(metadata)).code).toBe('E_MALFORMED_SAFETENSORS');
  });

  it('is not written with a mean that is not a number', () => {
    const scaler = { kind: 'federated', mean: [Number.NaN], standardDeviation: [1] } as const;

    expect(thrownBy(() => writeVersionMetadata({ ...VERSION, scaler })).faults[0]?.path).toBe(
      'fedshell/scaler',
    );
  });
});
