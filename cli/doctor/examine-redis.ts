import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Finding } from './finding.ts';

const NAME = 'Redis';
const CONNECT_TIMEOUT_MS = 3000;

/** How a start would get its Redis. It looks without fetching anything, unlike a start. */
export async function examineRedis(): Promise<Finding> {
  const url = process.env['REDIS_URL'];
  if (url) return examineAddress(url);
  const server = programOnPath('redis-server') ?? programOnPath('valkey-server');
  if (server !== undefined) return { name: NAME, status: 'ok', found: server };
  if (programOnPath('apt-get') !== undefined && programOnPath('dpkg-deb') !== undefined) {
    const { defaultCacheFolder } = await import('../../queue/provision.ts');
    return {
      name: NAME,
      status: 'ok',
      found: `not on PATH; a start unpacks the distribution's packages into ${defaultCacheFolder()}, without root`,
    };
  }
  return {
    name: NAME,
    status: 'missing',
    found: 'no server on PATH and REDIS_URL is not set',
    code: 'E_NO_REDIS',
    remedy: 'install it (macOS: brew install redis; Fedora: sudo dnf install valkey), or set REDIS_URL',
  };
}

async function examineAddress(url: string): Promise<Finding> {
  if (!URL.canParse(url)) {
    return {
      name: NAME,
      status: 'missing',
      found: 'REDIS_URL is not a URL',
      code: 'E_NO_REDIS',
      remedy: 'make it look like redis://host:6379',
    };
  }
  const { hostname, port } = new URL(url);
  const place = `${hostname}:${port || 6379}`;
  if (await answers(hostname, Number(port || 6379)))
    return { name: NAME, status: 'ok', found: `REDIS_URL at ${place}` };
  return {
    name: NAME,
    status: 'missing',
    found: `REDIS_URL at ${place} does not answer`,
    code: 'E_REDIS_UNREACHABLE',
    remedy: 'start it, or unset REDIS_URL',
  };
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}

function programOnPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // That is what accessSync tells.
    return false;
  }
}
