import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { startSupervised } from '../../queue/supervised-process.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';

describe('a supervised program', () => {
  const folder = tmpdir();
  const environment = { PATH: process.env['PATH'] ?? '' };

  it('tells its exit status', async () => {
    const { exited } = await startSupervised({
      file: '/bin/sh',
      parameters: ['-c', 'exit 7'],
      folder,
      environment,
    });

    expect(await exited).toBe(7);
  });

  it('is ended by stop', async () => {
    const { exited, stop } = await startSupervised({
      file: 'sleep',
      parameters: ['600'],
      folder,
      environment,
    });

    await stop();

    expect(await exited).toBe(128 + 15);
  });

  it.each([
    ['at once', ''],
    ['after its start', 'await started;'],
  ])('leaves nothing behind when its parent is killed with -9 %s', async (_when, wait) => {
    const mark = randomUUID();
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { startSupervised } = await import(${JSON.stringify(pathToFileURL(entryPoint('queue/supervised-process')).href)});
         const started = startSupervised({
           file: process.execPath, parameters: ['-e', 'setInterval(() => undefined, 1000)', '${mark}'],
           folder: ${JSON.stringify(folder)}, environment: ${JSON.stringify(environment)},
         });
         ${wait}
         process.kill(process.pid, 'SIGKILL');`,
      ],
      { stdio: 'ignore' },
    );

    expect(await once(parent, 'exit')).toEqual([null, 'SIGKILL']);

    await eventually(async () => !(await runningPrograms()).includes(mark));
  });
});

async function runningPrograms(): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args']);
  return stdout;
}
