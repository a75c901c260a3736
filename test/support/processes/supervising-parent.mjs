/** A process that supervises two small services; it prints their pids and is then killed by a test. */
import { fileURLToPath } from 'node:url';
import { launchService } from '../../../dist/cli/supervise/launch-service.js';
import { Supervisor } from '../../../dist/cli/supervise/supervisor.js';

const [folder] = process.argv.slice(2);
const entry = fileURLToPath(new URL('./small-service.mjs', import.meta.url));
const supervisor = new Supervisor({ folder, report: () => undefined });
const processes = ['aggregator', 'simulator'].map((name) =>
  supervisor.add(name, name, launchService({ name, entry, folder, settings: () => ({ port: 0 }) })),
);
await Promise.all(processes.map((one) => one.start()));
process.stdout.write(`${JSON.stringify(processes.map(({ pid }) => pid))}\n`);
