// Serves an AAS environment until it is killed: FOLDER PORT. Prints its address when it is there.
import { openEnvironment } from '../../../dist/aas/server/environment.js';
import { startAasServer } from '../../../dist/aas/server/start-aas-server.js';
import { silentLog } from '../../../dist/runtime/log.js';

const [folder, port] = process.argv.slice(2);
const environment = await openEnvironment({ folder, log: silentLog });
const server = await startAasServer({ environment, port: Number(port) });
process.stdout.write(`${server.url}\n`);
process.once('disconnect', () => process.exit(0));
