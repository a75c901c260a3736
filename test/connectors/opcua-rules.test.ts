import fc from 'fast-check';
import {
  DataType,
  EndpointDescription,
  MessageSecurityMode,
  SecurityPolicy,
  Variant,
  VariantArrayType,
} from 'node-opcua-client';
import type { Gap, Quality } from '../../connectors/connector.ts';
import { chooseEndpoint } from '../../connectors/opcua/choose-endpoint.ts';
import { GapLedger } from '../../connectors/opcua/gap-ledger.ts';
import { NotificationSequence } from '../../connectors/opcua/notification-sequence.ts';
import '../../connectors/opcua/library-log.ts';
import { sampleValue } from '../../connectors/opcua/sample-value.ts';
import { readSecret } from '../../runtime/read-secret.ts';

describe('the gap ledger', () => {
  const value = (sourceTimestampMs: number, quality: Quality = 'good', overflowed = false) => ({
    sourceTimestampMs,
    quality,
    overflowed,
  });

  it('notes nothing while values follow one another', () => {
    const ledger = new GapLedger(['load']);
    expect([10, 20, 30].map((atMs) => ledger.next('load', value(atMs)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(ledger.unfinished()).toEqual([]);
  });

  it('ends an interruption with the first newer value', () => {
    const ledger = new GapLedger(['load']);
    ledger.next('load', value(10));
    ledger.interrupted('subscription-recreated');
    expect(ledger.next('load', value(5))).toBeUndefined();
    expect(ledger.next('load', value(40))).toEqual({
      signal: 'load',
      fromMs: 10,
      toMs: 40,
      cause: 'subscription-recreated',
    });
    expect(ledger.next('load', value(50))).toBeUndefined();
  });

  it('knows from the other signals until when a rare one was known', () => {
    const ledger = new GapLedger(['block', 'condition', 'lot']);
    for (const signal of ['block', 'condition', 'lot']) ledger.next(signal, value(10));
    ledger.next('block', value(90));
    ledger.interrupted('subscription-recreated');
    expect(ledger.next('condition', value(100))).toMatchObject({ fromMs: 90, toMs: 100 });
    // Still the value of before: whatever happened, nothing was written in between.
    expect(ledger.next('lot', value(10))).toBeUndefined();
    expect(ledger.next('lot', value(200))).toBeUndefined();
  });

  it('owes no row for a signal that never had a value', () => {
    const ledger = new GapLedger(['load']);
    ledger.interrupted('connection-lost');
    expect(ledger.next('load', value(5, 'bad'))).toBeUndefined();
    expect(ledger.next('load', value(10))).toBeUndefined();
    expect(ledger.unfinished()).toEqual([]);
  });

  it('keeps a bad interval open until the end of collection', () => {
    const ledger = new GapLedger(['load']);
    ledger.next('load', value(10));
    ledger.next('load', value(20, 'bad'));
    ledger.next('load', value(30, 'uncertain'));
    expect(ledger.unfinished()).toEqual([{ signal: 'load', fromMs: 10, toMs: 30, cause: 'bad-quality' }]);
  });

  it('covers every value that a source wrote and nobody received, whatever is lost', () => {
    // The source writes 1, 2, 3, ...; a value arrives, is dropped by an overflowing queue, is bad, or falls into an outage.
    const fate = fc.constantFrom('arrives', 'arrives', 'overflow', 'bad', 'outage');
    fc.assert(
      fc.property(fc.array(fate, { minLength: 1, maxLength: 60 }), (fates) => {
        const ledger = new GapLedger(['load']);
        const gaps: Gap[] = [];
        let overflowed = false;
        let away = false;
        const missing: number[] = [];
        ledger.next('load', value(0));
        [...fates, 'arrives'].forEach((what, index) => {
          const atMs = index + 1;
          if (what === 'overflow') overflowed = true;
          if (what === 'outage') away = true;
          if (what === 'overflow' || what === 'outage') {
            missing.push(atMs);
            return;
          }
          if (away) ledger.interrupted('subscription-recreated');
          away = false;
          if (what === 'bad') missing.push(atMs);
          const gap = ledger.next('load', value(atMs, what === 'bad' ? 'bad' : 'good', overflowed));
          overflowed = false;
          if (gap !== undefined) gaps.push(gap);
        });
        for (const atMs of missing) {
          expect(gaps.some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs)).toBe(true);
        }
        // And no more than that: a row without a missing value inside would cost good windows.
        for (const { fromMs, toMs } of gaps) {
          expect(missing.some((atMs) => fromMs < atMs && atMs < toMs)).toBe(true);
        }
      }),
    );
  });
});

describe('the numbers of notifications', () => {
  it('finds a hole, also one that a keep-alive reveals', () => {
    const sequence = new NotificationSequence();
    expect(sequence.next(7, 1, false)).toBe(false);
    expect(sequence.next(7, 2, true)).toBe(false);
    expect(sequence.next(7, 2, false)).toBe(false);
    expect(sequence.next(7, 4, false)).toBe(true);
    expect(sequence.next(7, 6, true)).toBe(true);
    expect(sequence.next(7, 6, false)).toBe(false);
  });

  it('takes repetitions, a new subscription and the turn of the counter for what they are', () => {
    const sequence = new NotificationSequence();
    sequence.next(7, 5, false);
    expect(sequence.next(7, 5, false)).toBe(false);
    expect(sequence.next(7, 6, false)).toBe(false);
    expect(sequence.next(8, 1, false)).toBe(false);
    expect(sequence.next(9, 2 ** 32 - 1, false)).toBe(false);
    expect(sequence.next(9, 1, false)).toBe(false);
  });
});

describe('the choice of an endpoint', () => {
  const endpoint = (securityMode: MessageSecurityMode, securityPolicyUri: SecurityPolicy) =>
    new EndpointDescription({ securityMode, securityPolicyUri, serverCertificate: Buffer.from('x') });

  it('takes the best policy of the configured mode', () => {
    const offered = [
      endpoint(MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Basic256Sha256),
      endpoint(MessageSecurityMode.Sign, SecurityPolicy.Aes256_Sha256_RsaPss),
      endpoint(MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Aes256_Sha256_RsaPss),
      endpoint(MessageSecurityMode.None, SecurityPolicy.None),
    ];
    expect(chooseEndpoint(offered, 'SignAndEncrypt')).toMatchObject({
      securityMode: MessageSecurityMode.SignAndEncrypt,
      securityPolicy: SecurityPolicy.Aes256_Sha256_RsaPss,
    });
    expect(chooseEndpoint(offered, 'None').securityPolicy).toBe(SecurityPolicy.None);
  });

  it('takes no broken policy', () => {
    const offered = [endpoint(MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Basic128Rsa15)];
    expect(() => chooseEndpoint(offered, 'SignAndEncrypt')).toThrow(/it offers SignAndEncrypt Basic128Rsa15/);
  });
});

describe('the value of a sample', () => {
  it('reads 64-bit integers, signed ones too', () => {
    const read = (dataType: DataType, value: unknown) =>
      sampleValue(new Variant({ dataType, arrayType: VariantArrayType.Scalar, value }));
    expect(read(DataType.UInt64, [1, 0])).toBe(2 ** 32);
    expect(read(DataType.Int64, [0xffffffff, 0xffffffff])).toBe(-1);
    expect(read(DataType.DateTime, new Date(5))).toBe(5);
    expect(read(DataType.LocalizedText, { text: 'ok', locale: 'en' })).toBe('ok');
  });

  it('turns every array of numbers into a Float32Array and takes nothing else for a value', () => {
    const read = (dataType: DataType, value: unknown) =>
      sampleValue(new Variant({ dataType, arrayType: VariantArrayType.Array, value }));
    expect(read(DataType.Int16, Int16Array.of(-3, 4))).toEqual(Float32Array.of(-3, 4));
    expect(read(DataType.Double, Float64Array.of(0.5))).toEqual(Float32Array.of(0.5));
    expect(
      read(DataType.UInt64, [
        [0, 1],
        [1, 0],
      ]),
    ).toEqual(Float32Array.of(1, 2 ** 32));
    expect(read(DataType.String, ['a'])).toBeUndefined();
    expect(sampleValue(new Variant({ dataType: DataType.Null }))).toBeUndefined();
  });
});

describe('the password of a user', () => {
  it('comes from the environment or a file, and its absence is named', async () => {
    process.env['TEST_OPCUA_PASSWORD'] = 'p';
    expect(await readSecret({ environment: 'TEST_OPCUA_PASSWORD' })).toBe('p');
    delete process.env['TEST_OPCUA_PASSWORD'];
    await expect(readSecret({ environment: 'TEST_OPCUA_PASSWORD' })).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
    });
    await expect(readSecret({ file: '/nowhere/password' })).rejects.toMatchObject({
      code: 'E_FILE_NOT_FOUND',
    });
  });
});
