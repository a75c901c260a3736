import fc from 'fast-check';
import {
  DataType,
  EndpointDescription,
  MessageSecurityMode,
  SecurityPolicy,
  Variant,
  VariantArrayType,
} from 'node-opcua-client';
import type { Gap, Quality, ResumePoint, Sample } from '../../connectors/connector.ts';
import { chooseEndpoint } from '../../connectors/opcua/choose-endpoint.ts';
import { GapLedger } from '../../connectors/opcua/gap-ledger.ts';
import { NotificationOrder } from '../../connectors/opcua/notification-order.ts';
import { bridgeSeconds, planQueues } from '../../connectors/opcua/queue-plan.ts';
import type { Arrival, TrackPlan } from '../../connectors/opcua/track.ts';
import '../../connectors/opcua/library-log.ts';
import { type Conversion, sampleValue } from '../../connectors/opcua/sample-value.ts';
import { readSecret } from '../../runtime/read-secret.ts';

describe('the gap ledger', () => {
  const value = (sourceTimestampMs: number, quality: Quality = 'good', overflowed = false): Arrival => ({
    // Of another time, another value.
    value: sourceTimestampMs % 1_000_000,
    sourceTimestampMs,
    quality,
    overflowed,
  });
  /** Source time zero of these tests; what arrives at once arrives 20 ms later. */
  const NOW_MS = 1_800_000_000_000;
  const make = (
    signals: readonly (string | Omit<TrackPlan, 'group'>)[],
    resume?: ReadonlyMap<string, ResumePoint>,
  ) => {
    const ledger = new GapLedger({
      signals: signals.map((plan) => ({
        group: '',
        ...(typeof plan === 'string' ? { signal: plan } : plan),
      })),
      publishingIntervalsMs: new Map([['', 0]]),
      ...(resume === undefined ? {} : { resume }),
    });
    const samples: Sample[] = [];
    const rows = new Map<string, Gap>();
    const note = () => {
      for (const row of ledger.takeRows()) rows.set(row.id, row);
    };
    return {
      ledger,
      samples,
      /** Takes a value at a source time since zero. */
      next: (
        signal: string,
        atMs: number,
        quality?: Quality,
        overflowed?: boolean,
        arrivedMs = atMs + 20,
      ) => {
        const arrival = value(NOW_MS + atMs, quality, overflowed);
        const verdict = ledger.next(ledger.track(signal), arrival, NOW_MS + arrivedMs, samples);
        ledger.known('', Math.max(...samples.map((sample) => sample.sourceTimestampMs)), ledger.clock.epoch);
        note();
        return verdict;
      },
      rows: () => {
        note();
        return [...rows.values()].map(({ id: _, fromMs, toMs, ...row }) => ({
          ...row,
          fromMs: fromMs - NOW_MS,
          toMs: toMs - NOW_MS,
        }));
      },
    };
  };

  it('notes nothing while values follow one another', () => {
    const { next, rows, samples } = make(['load']);
    for (const atMs of [10, 20, 30]) expect(next('load', atMs)).toBe('deliver');
    expect(rows()).toEqual([]);
    expect(samples).toHaveLength(3);
  });

  it('ends an interruption with the first newer value', () => {
    const { ledger, next, rows } = make(['load']);
    next('load', 10);
    ledger.interrupted('server-restarted');
    next('load', 40);
    next('load', 50);
    expect(rows()).toEqual([
      { signal: 'load', fromMs: 10, toMs: 40, cause: 'server-restarted', filled: false },
    ]);
  });

  it('drops the current value that a new subscription shows again, and knows that nothing is missing', () => {
    const { ledger, next, rows, samples } = make(['load']);
    next('load', 10);
    ledger.interrupted('subscription-recreated');
    expect(next('load', 10)).toBe('duplicate');
    next('load', 50);
    expect(rows()).toEqual([]);
    expect(samples).toHaveLength(2);
  });

  it('drops an older value that a restarted server shows first, once the next one shows that it is old', () => {
    const { ledger, next, samples } = make(['load']);
    next('load', 10);
    next('load', 20);
    ledger.interrupted('server-restarted');
    expect(next('load', 5)).toBe('hold');
    expect(next('load', 60)).toBe('deliver');
    expect(samples.map(({ sourceTimestampMs }) => sourceTimestampMs - NOW_MS)).toEqual([10, 20, 60]);
  });

  it('knows from the other signals until when a rare one was known', () => {
    const { ledger, next, rows } = make(['block', 'condition', 'lot']);
    for (const signal of ['block', 'condition', 'lot']) next(signal, 10);
    next('block', 90);
    ledger.interrupted('subscription-recreated');
    next('condition', 100);
    next('lot', 10);
    next('lot', 200);
    expect(rows()).toEqual([
      { signal: 'condition', fromMs: 90, toMs: 100, cause: 'subscription-recreated', filled: false },
    ]);
  });

  it('owes no row for a signal that never had a value', () => {
    const { ledger, next, rows } = make(['load']);
    ledger.interrupted('connection-lost');
    next('load', 5, 'bad');
    next('load', 10);
    expect(rows()).toEqual([]);
  });

  it('keeps the row of a bad interval, which grows, before it ends', () => {
    const { next, rows } = make(['load']);
    next('load', 10);
    next('load', 20, 'bad');
    next('load', 30, 'uncertain');
    expect(rows()).toEqual([{ signal: 'load', fromMs: 10, toMs: 30, cause: 'bad-quality', filled: false }]);
    next('load', 40);
    expect(rows()).toEqual([{ signal: 'load', fromMs: 10, toMs: 40, cause: 'bad-quality', filled: false }]);
  });

  it('takes a hole in the timestamps as evidence for periodic signals only', () => {
    const { ledger, next, rows } = make([{ signal: 'wave', periodMs: 100 }, 'load']);
    for (const signal of ['wave', 'load']) for (const atMs of [0, 100, 240, 400]) next(signal, atMs);
    expect(rows()).toEqual([{ signal: 'wave', fromMs: 240, toMs: 400, cause: 'stale', filled: false }]);
    ledger.track('wave').samplingMs = 250;
    next('wave', 600);
    expect(rows().at(-1)).toMatchObject({ fromMs: 400, toMs: 600, cause: 'sampling' });
  });

  it('lets a good value hold for its longest age', () => {
    const { ledger, next, rows } = make([{ signal: 'label', maxAgeMs: 1_000 }]);
    next('label', 0);
    next('label', 10);
    ledger.age(NOW_MS + 1_000, []);
    expect(rows()).toEqual([]);
    ledger.age(NOW_MS + 1_530, []);
    expect(rows()).toMatchObject([{ fromMs: 1_010, toMs: 1_510, cause: 'stale' }]);
    next('label', 2_000);
    expect(rows()).toMatchObject([{ fromMs: 1_010, toMs: 2_000, cause: 'stale' }]);
  });

  it('counts the time in which we were not running', () => {
    const resume = new Map([['load', { sourceTimestampMs: NOW_MS, epoch: 2 }]]);
    const { next, rows, samples } = make(['load'], resume);
    next('load', 500);
    expect(rows()).toEqual([
      { signal: 'load', fromMs: 0, toMs: 500, cause: 'client-down', filled: false, epoch: 2 },
    ]);
    expect(samples).toMatchObject([{ epoch: 2 }]);
  });

  it('begins an epoch when the clock is set back, in which equal timestamps are other times', () => {
    const { next, rows, samples } = make(['load', 'speed']);
    for (const signal of ['load', 'speed']) for (const atMs of [0, 100, 200]) next(signal, atMs);
    // An hour back: what follows arrives in its time.
    next('load', 100, 'good', false, 320);
    next('load', 200, 'good', false, 420);
    next('speed', 100, 'good', false, 320);
    expect(samples.slice(6).map(({ signal, epoch }) => `${signal} ${epoch}`)).toEqual([
      'load 1',
      'load 1',
      'speed 1',
    ]);
    expect(rows().map(({ signal, cause, epoch, toMs }) => [signal, cause, epoch, toMs])).toEqual([
      ['load', 'clock-step', 1, 100],
      ['speed', 'clock-step', 1, 100],
    ]);
  });

  it('begins an epoch when values come from the future', () => {
    const { next, samples, rows } = make(['load']);
    for (let atMs = 0; atMs <= 20_000; atMs += 1_000) next('load', atMs);
    next('load', 80_000, 'good', false, 21_020);
    next('load', 81_000, 'good', false, 22_020);
    expect(samples.slice(-3).map(({ epoch }) => epoch)).toEqual([undefined, 1, 1]);
    expect(rows()).toMatchObject([{ cause: 'clock-step', epoch: 1, toMs: 80_000 }]);
  });

  it('takes neither a queue that is emptied nor an old first value for a step of the clock', () => {
    const { ledger, next, samples } = make(['load', 'label']);
    for (let atMs = 0; atMs <= 20_000; atMs += 1_000) next('load', atMs);
    next('label', -3_600_000, 'good', false, 20_020);
    // 30 s without a connection, then everything at once.
    for (let atMs = 21_000; atMs <= 50_000; atMs += 1_000) next('load', atMs, 'good', false, 50_020);
    next('label', 50_500);
    expect(samples.every(({ epoch }) => epoch === undefined)).toBe(true);
    expect(ledger.clock.epoch).toBe(0);
  });

  describe('when the clock was set back while nobody could look', () => {
    /** 10 s of values, 10 s away, and since 15 s a clock that is 6 s behind. */
    const away = (resumed = false) => {
      const signals = ['load', 'label'];
      const resume = new Map(signals.map((name) => [name, { sourceTimestampMs: NOW_MS + 10_000, epoch: 0 }]));
      const made = make(signals, resumed ? resume : undefined);
      if (resumed) made.ledger.serverOffsetMs = -20;
      else for (let atMs = 0; atMs <= 10_000; atMs += 100) for (const name of signals) made.next(name, atMs);
      made.ledger.interrupted('server-restarted', undefined, NOW_MS + 20_000);
      const isMissing = (signal: string, atMs: number) =>
        made.rows().some((row) => row.signal === signal && row.fromMs < atMs && atMs < row.toMs);
      return { ...made, isMissing };
    };

    it.each([false, true])('accounts for what the old clock wrote (our process is new: %s)', (resumed) => {
      const { next, samples, isMissing } = away(resumed);
      expect(next('load', 13_900, 'good', false, 20_020)).toBe('hold');
      next('load', 14_000, 'good', false, 20_020);
      next('load', 14_100, 'good', false, 20_120);
      for (let atMs = 10_100; atMs < 15_000; atMs += 100) expect(isMissing('load', atMs)).toBe(true);
      expect(samples.slice(-3).map(({ epoch }) => epoch)).toEqual([1, 1, 1]);
    });

    it('takes a first value of the future for one of the old clock', () => {
      const { next, samples, isMissing } = away();
      next('label', 14_500, 'good', false, 20_020);
      next('load', 13_900, 'good', false, 20_020);
      next('load', 14_000, 'good', false, 20_020);
      next('label', 14_200, 'good', false, 20_220);
      const labels = samples.filter(({ signal }) => signal === 'label').slice(-2);
      expect(labels.map(({ epoch, sourceTimestampMs }) => [epoch ?? 0, sourceTimestampMs - NOW_MS])).toEqual([
        [0, 14_500],
        [1, 14_200],
      ]);
      expect(isMissing('label', 14_400)).toBe(true);
    });

    it('delivers an old first value once another signal shows that the clock goes on', () => {
      const { next, samples, rows } = away();
      expect(next('label', 12_000, 'good', false, 20_020)).toBe('hold');
      next('load', 20_000);
      expect(samples.slice(-2).map(({ signal, epoch }) => `${signal} ${epoch ?? 0}`)).toEqual([
        'label 0',
        'load 0',
      ]);
      expect(rows().map(({ signal, fromMs, toMs }) => `${signal} ${fromMs} ${toMs}`)).toEqual([
        'label 10000 12000',
        'load 10000 20000',
      ]);
    });

    it('delivers a value once that is shown twice before anything tells that its clock was set back', () => {
      const { next, samples } = away();
      expect(next('label', 9_050, 'good', false, 20_020)).toBe('hold');
      next('label', 9_050, 'good', false, 20_040);
      const shown = samples.filter(({ sourceTimestampMs }) => sourceTimestampMs === NOW_MS + 9_050);
      expect(shown.map(({ epoch }) => epoch)).toEqual([1]);
    });

    it('shows a value once that two subscriptions in a row show first', () => {
      const { ledger, next, samples } = away();
      next('load', 14_000, 'good', false, 20_020);
      ledger.interrupted('server-restarted', undefined, NOW_MS + 21_000);
      next('load', 14_000, 'good', false, 21_020);
      next('load', 21_100);
      const shown = samples.filter(({ sourceTimestampMs }) => sourceTimestampMs === NOW_MS + 14_000);
      expect(shown).toHaveLength(1);
    });

    it('holds a first value for some seconds at most, and still notices a step later', () => {
      const { ledger, next, samples, isMissing } = away();
      next('label', 12_000, 'good', false, 20_020);
      ledger.age(NOW_MS + 24_000, samples);
      expect(samples.at(-1)).not.toMatchObject({ sourceTimestampMs: NOW_MS + 12_000 });
      ledger.age(NOW_MS + 26_000, samples);
      expect(samples.at(-1)).toMatchObject({ sourceTimestampMs: NOW_MS + 12_000 });
      next('label', 24_000, 'good', false, 30_020);
      expect(samples.at(-1)).toMatchObject({ epoch: 1 });
      for (const atMs of [11_000, 13_000, 14_900]) expect(isMissing('label', atMs)).toBe(true);
    });
  });

  it('leaves production time alone, which has nothing to do with a clock', () => {
    const { ledger, next } = make(['block']);
    const year = 365 * 86_400_000;
    next('block', -year, 'good', false, 20);
    next('block', -year + 60_000, 'good', false, 40);
    expect(next('block', -year + 1_000, 'good', false, 60)).toBe('deliver');
    expect(ledger.clock.epoch).toBe(0);
  });

  it('covers every value that a source wrote and nobody received, whatever is lost', () => {
    // The source writes 1, 2, 3, ...; a value arrives, is dropped by an overflowing queue, is bad, or falls into an outage.
    const fate = fc.constantFrom('arrives', 'arrives', 'overflow', 'bad', 'outage');
    fc.assert(
      fc.property(fc.array(fate, { minLength: 1, maxLength: 60 }), (fates) => {
        const { ledger, next, rows, samples } = make(['load']);
        let overflowed = false;
        let away = false;
        const missing: number[] = [];
        next('load', 0);
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
          next('load', atMs, what === 'bad' ? 'bad' : 'good', overflowed);
          overflowed = false;
        });
        for (const atMs of missing) {
          expect(rows().some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs)).toBe(true);
        }
        // And no more than that: a row without a missing value inside would cost good windows.
        for (const { fromMs, toMs } of rows()) {
          expect(missing.some((atMs) => fromMs < atMs && atMs < toMs)).toBe(true);
        }
        const stored = samples
          .filter(({ quality }) => quality === 'good')
          .map(({ sourceTimestampMs }) => sourceTimestampMs - NOW_MS);
        for (const atMs of stored) {
          expect(rows().some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs)).toBe(false);
        }
      }),
    );
  });
});

describe('the order of notifications', () => {
  it('brings every one once and in order, however they come, and gives up what never comes', () => {
    const arrivals = fc.array(
      fc.record({ number: fc.integer({ min: 1, max: 30 }), keepAlive: fc.boolean() }),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(arrivals, (numbers) => {
        const order = new NotificationOrder<number>();
        const taken: number[] = [];
        for (const { number, keepAlive } of numbers) {
          if (keepAlive) order.announce(number);
          else taken.push(...order.take(number, number));
        }
        const skipped: number[] = [];
        for (let missing = order.missing; missing !== undefined; missing = order.missing) {
          skipped.push(missing);
          taken.push(...order.skip());
        }
        const came = new Set(numbers.filter(({ keepAlive }) => !keepAlive).map(({ number }) => number));
        expect(taken).toEqual([...came].sort((a, b) => a - b));
        const highest = Math.max(
          0,
          ...numbers.map(({ number, keepAlive }) => (keepAlive ? number - 1 : number)),
        );
        expect(order.last).toBe(highest);
        expect(skipped.every((number) => !came.has(number))).toBe(true);
        expect(skipped.length + came.size).toBe(highest);
      }),
    );
  });

  it('goes on with 1 after the largest number', () => {
    const order = new NotificationOrder<string>(2 ** 32 - 1);
    expect(order.take(1, 'second')).toEqual([]);
    expect(order.missing).toBe(2 ** 32 - 1);
    expect(order.take(2 ** 32 - 1, 'first')).toEqual(['first', 'second']);
    expect(order.last).toBe(1);
  });
});

describe('the plan of queues', () => {
  const wave = { rateHz: 10, valueBytes: 16_448, publishingIntervalMs: 100 };
  const scalar = { rateHz: 10, valueBytes: 72, publishingIntervalMs: 100 };

  it('holds an outage and the time that a reconnect takes', () => {
    expect(planQueues([wave, scalar], { bridgeSeconds: 30, memoryBytes: 16e6 })).toEqual([400, 400]);
    expect(bridgeSeconds([{ queueSize: 400, rateHz: 10 }])).toBe(40);
  });

  it('never takes more memory than it may, and bridges as long with all items', () => {
    const need = fc.record({
      rateHz: fc.double({ min: 0.1, max: 1_000, noNaN: true }),
      valueBytes: fc.integer({ min: 64, max: 100_000 }),
      publishingIntervalMs: fc.constant(100),
    });
    fc.assert(
      fc.property(fc.array(need, { minLength: 1, maxLength: 20 }), (needs) => {
        const memoryBytes = 16e6;
        const sizes = planQueues(needs, { bridgeSeconds: 30, memoryBytes });
        const total = needs.reduce((sum, { valueBytes }, index) => sum + valueBytes * (sizes[index] ?? 0), 0);
        // What normal operation needs comes first, and a queue is a whole number.
        const least = needs.reduce(
          (sum, { valueBytes, rateHz }) => sum + valueBytes * Math.max(2, 1 + rateHz * 0.3),
          0,
        );
        expect(total).toBeLessThanOrEqual(Math.max(memoryBytes, least) + least);
      }),
    );
  });

  it('has as many values as the configuration says', () => {
    expect(planQueues([wave], { bridgeSeconds: 30, memoryBytes: 1, queueSize: 7 })).toEqual([7]);
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

  it('keeps every array of numbers in its own type and takes nothing else for a value', () => {
    const read = (dataType: DataType, value: unknown, conversion?: Conversion) =>
      sampleValue(new Variant({ dataType, arrayType: VariantArrayType.Array, value }), conversion);
    expect(read(DataType.Int16, Int16Array.of(-3, 4))).toEqual(Int16Array.of(-3, 4));
    expect(read(DataType.Double, Float64Array.of(0.5))).toEqual(Float64Array.of(0.5));
    expect(
      read(DataType.UInt64, [
        [0, 1],
        [1, 0],
      ]),
    ).toEqual(BigUint64Array.of(1n, 2n ** 32n));
    expect(read(DataType.String, ['a'])).toBeUndefined();
    expect(sampleValue(new Variant({ dataType: DataType.Null }))).toBeUndefined();
    expect(read(DataType.Int16, Int16Array.of(-3, 4), { scale: 0.5, offset: 1 })).toEqual(
      Float64Array.of(-0.5, 3),
    );
  });

  it('takes a field out of a structure, with scale and offset', () => {
    const structure = { drive: { torque: 21, phases: [1, 2, 3] } };
    const read = (conversion: Conversion) =>
      // Only the value and its kind are read of a variant.
      sampleValue(
        { value: structure, dataType: DataType.ExtensionObject, arrayType: 0 } as Variant,
        conversion,
      );
    expect(read({ field: 'Drive.Torque', scale: 2, offset: -1 })).toBe(41);
    expect(read({ field: 'drive.phases' })).toEqual(Float64Array.of(1, 2, 3));
    expect(read({ field: 'drive.speed' })).toBeUndefined();
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
