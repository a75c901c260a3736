/** Stores numbered deliveries without end and says of each that it is stored; the store's test kills it. */
import { SampleStoreWriter } from '../../../dist/connectors/store/sample-store-writer.js';
import { silentLog } from '../../../dist/runtime/log.js';

const [folder] = process.argv.slice(2);
const writer = await SampleStoreWriter.open(folder, { log: silentLog, segmentBytes: 500_000 });
const signal = 'load';
let next = (writer.resumePoints().get(signal)?.sourceTimestampMs ?? -1) + 1;
setInterval(() => {
  for (let delivery = 0; delivery < 20; delivery += 1) {
    const cause = 'queue-overflow';
    if (delivery === 0) {
      writer.gap({ id: `gap-${next}`, signal, fromMs: next - 1, toMs: next, cause, filled: false, epoch: 0 });
    }
    const block = new Float32Array(2_000).fill(next);
    const common = { sourceTimestampMs: next, quality: 'good', epoch: 0 };
    writer.receive([
      { signal, value: next, ...common },
      { signal: 'vibration', value: block, ...common },
    ]);
    process.stdout.write(`${next}\n`);
    next += 1;
  }
}, 1);
