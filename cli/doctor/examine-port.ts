import { createServer } from 'node:net';
import type { Finding } from './finding.ts';

/** Whether a port on 127.0.0.1 is free. @param option the option that chooses another one. */
export async function examinePort(name: string, port: number, option: string): Promise<Finding> {
  const error = await tryToListen(port);
  if (error === undefined) return { name, status: 'ok', found: `${port} is free` };
  return {
    name,
    status: 'note',
    found: `${port} is not free (${error.code ?? error.message})`,
    remedy: `fine if that is a running fedshell; else choose another one with ${option}`,
  };
}

function tryToListen(port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
