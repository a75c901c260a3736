import { type ExpectedUpdate, verifyUpdate } from '../../learning/update.ts';
import { type UpdateHeader, writeUpdateHeader } from '../../learning/update-header.ts';
import { writeSafetensors } from '../../learning/weights/safetensors.ts';
import type { NamedTensor } from '../../learning/weights/tensor.ts';
import { CodedError } from '../../runtime/errors.ts';
import { chunksOf, cutAt, thrownBy } from './safetensors-samples.ts';

const SHA256 = 'ab'.repeat(32);
const HEADER: UpdateHeader = {
  run: 'r1',
  round: 2,
  roundAttempt: 1,
  participant: 'press-1',
  baseSha256: SHA256,
  exampleCount: 10,
  scalars: { trainedLoss: 0.5 },
  roles: { 'delta/dense/kernel': 'trainable', 'delta/dense/bias': 'statistic' },
};
const TENSORS: NamedTensor[] = [
  { name: 'delta/dense/kernel', shape: [2, 1], values: Float32Array.of(1, 2) },
  { name: 'delta/dense/bias', shape: [1], values: Float32Array.of(-1) },
];
const EXPECTED: ExpectedUpdate = {
  run: 'r1',
  round: 2,
  roundAttempt: 1,
  participant: 'press-1',
  baseSha256: SHA256,
  parts: ['delta'],
  tensors: [
    { name: 'dense/kernel', shape: [2, 1] },
    { name: 'dense/bias', shape: [1] },
  ],
  maximumExampleCount: 100,
  maximumNorm: 10,
  largest: { trainable: 64, statistic: 2 ** 20 },
};

function updateFile(
  header: Partial<UpdateHeader> = {},
  tensors: readonly NamedTensor[] = TENSORS,
): Uint8Array {
  return writeSafetensors(tensors, writeUpdateHeader({ ...HEADER, ...header }));
}

async function refusal(file: Uint8Array, expected: ExpectedUpdate = EXPECTED): Promise<CodedError> {
  try {
    await verifyUpdate(chunksOf(cutAt(file, [3, 100, 200])), expected);
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('the update was not refused');
}

describe('verifyUpdate', () => {
  it('returns the header of an update that is as expected', async () => {
    expect(await verifyUpdate(chunksOf([updateFile()]), EXPECTED)).toEqual(HEADER);
  });

  it.each([
    ['run', { run: 'r0' }],
    ['round', { round: 1 }],
    ['roundAttempt', { roundAttempt: 2 }],
    ['participant', { participant: 'press-2' }],
  ])('refuses an update with another %s', async (path, header) => {
    const error = await refusal(updateFile(header));

    expect(error.code).toBe('E_UPDATE_MALFORMED');
    expect(error.faults.map((fault) => fault.path)).toEqual([path]);
  });

  it('refuses an update that began from another version', async () => {
    expect((await refusal(updateFile({ baseSha256: 'cd'.repeat(32) }))).code).toBe('E_UPDATE_BASE');
  });

  it('refuses other tensors with a fault for each', async () => {
    const tensors = [
      { ...TENSORS[0]!, shape: [1, 2] },
      { ...TENSORS[1]!, name: 'delta/dense/offset' },
    ];

    const error = await refusal(updateFile({}, tensors));

    expect(error.code).toBe('E_UPDATE_SHAPES');
    expect(error.faults.map(({ message }) => message)).toEqual([
      "tensor delta/dense/kernel has shape [1, 2], the model's is [2, 1]",
      'tensor delta/dense/bias is missing',
      'tensor delta/dense/offset is not of the model',
      'tensor delta/dense/offset has no role',
      'there is a role for delta/dense/bias, but no such tensor',
    ]);
  });

  it('refuses an update without a part that the strategy needs', async () => {
    const error = await refusal(updateFile(), { ...EXPECTED, parts: ['delta', 'control'] });

    expect(error.faults.map(({ path }) => path)).toEqual(['control/dense/kernel']);
  });

  it('refuses a tensor that is local', async () => {
    const error = await refusal(updateFile({ roles: { ...HEADER.roles, 'delta/dense/bias': 'local' } }));

    expect(error.code).toBe('E_UPDATE_SHAPES');
    expect(error.message).toContain('local');
  });

  it('names the base before the shapes, with the faults of both', async () => {
    const error = await refusal(updateFile({ baseSha256: 'cd'.repeat(32) }, TENSORS.slice(0, 1)));

    expect(error.code).toBe('E_UPDATE_BASE');
    expect(error.faults.map(({ path }) => path)).toContain('delta/dense/bias');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d', async (value) => {
    const tensors = [{ ...TENSORS[0]!, values: Float32Array.of(0, value) }, TENSORS[1]!];

    const error = await refusal(updateFile({}, tensors));

    expect(error.code).toBe('E_UPDATE_NOT_FINITE');
    expect(error.faults).toEqual([
      { path: 'delta/dense/kernel', message: '1 values are not finite, the first at 1' },
    ]);
  });

  it('tells a file that was cut off from one that is wrong', async () => {
    const file = updateFile();

    const cut = await refusal(file.subarray(0, -1));
    const wrong = await refusal(Uint8Array.from([...file, 0]));

    expect(cut).toMatchObject({ code: 'E_UPDATE_TRUNCATED', retryable: true });
    expect(wrong).toMatchObject({ code: 'E_UPDATE_MALFORMED', retryable: false });
  });

  it('refuses a header much longer than the expected one by its length', async () => {
    const error = await refusal(updateFile({ scalars: { ['x'.repeat(100_000)]: 1 } }));

    expect(error.code).toBe('E_UPDATE_MALFORMED');
    expect(error.message).toMatch(/claims \d+ bytes/);
  });

  it('refuses a file without our header', async () => {
    expect((await refusal(writeSafetensors(TENSORS, {}))).code).toBe('E_UPDATE_MALFORMED');
  });
});

describe('writeUpdateHeader', () => {
  it.each([
    ['exampleCount', { exampleCount: 0 }],
    ['exampleCount', { exampleCount: 1.5 }],
    ['round', { round: 0 }],
    ['baseSha256', { baseSha256: 'AB' }],
    ['scalars', { scalars: { trainedLoss: Number.NaN } }],
  ])('refuses a wrong %s', (path, wrong) => {
    const error = thrownBy(() => writeUpdateHeader({ ...HEADER, ...wrong }));

    expect(error.code).toBe('E_UPDATE_MALFORMED');
    expect(error.faults.map((fault) => fault.path)).toEqual([`fedshell/${path}`]);
  });
});

describe('the bounds of an update', () => {
  async function* inOnePiece(bytes: Uint8Array) {
    yield bytes;
  }

  it('refuse an example count above what the participant can have', async () => {
    const forged = verifyUpdate(inOnePiece(updateFile({ exampleCount: 101 })), EXPECTED);
    await expect(forged).rejects.toMatchObject({
      code: 'E_UPDATE_MALFORMED',
      faults: [{ path: 'exampleCount', message: 'exampleCount is 101, the participant has at most 100' }],
    });
  });

  it('refuse a part whose tensors are together longer than the norm allows', async () => {
    const long = (kernel: number, bias: number): NamedTensor[] => [
      { name: 'delta/dense/kernel', shape: [2, 1], values: Float32Array.of(kernel, 0) },
      { name: 'delta/dense/bias', shape: [1], values: Float32Array.of(bias) },
    ];
    await expect(verifyUpdate(inOnePiece(updateFile({}, long(6, 8))), EXPECTED)).resolves.toMatchObject({
      round: 2,
    });
    await expect(verifyUpdate(inOnePiece(updateFile({}, long(7, 8))), EXPECTED)).rejects.toMatchObject({
      code: 'E_UPDATE_NORM',
      faults: [{ path: 'delta' }],
    });
  });
});
