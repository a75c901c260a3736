/** A real service process that serves its pid; the supervision tests start, kill and end it. */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { CodedError } from '../../../dist/runtime/errors.js';
import { runAsProcess } from '../../../dist/runtime/service-process.js';

await runAsProcess(import.meta.url, 'small-service', async (settings, { shutdown }) => {
  if (settings.failWith !== undefined) throw new CodedError(settings.failWith, 'told to fail');
  const server = createServer((_request, response) => response.end(String(process.pid)));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, '127.0.0.1', resolve);
  });
  shutdown.add('server', () => {
    if (settings.journal !== undefined) appendFileSync(settings.journal, `${settings.name} ended\n`);
    server.closeAllConnections();
    server.close();
  });
  return { api: `http://127.0.0.1:${server.address().port}` };
});
