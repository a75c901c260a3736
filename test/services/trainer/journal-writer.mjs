/** A process that receives deliveries without end and says after each how many it has received; a test kills it. */
import { Journal } from '../../../dist/services/trainer/data-set/journal.js';

const journal = new Journal(process.argv[2]);
for (let count = 0; ; count += 1) {
  const sourceTimestampMs = 1000 + count;
  journal.receive([
    { signal: 'block', value: count, sourceTimestampMs, quality: 'good' },
    { signal: 'vibration', value: new Float32Array(64).fill(count), sourceTimestampMs, quality: 'good' },
  ]);
  process.send(count + 1);
  await new Promise((resolve) => setImmediate(resolve));
}
