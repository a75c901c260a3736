import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entryPoint } from '../../runtime/package-root.ts';
import { lockState } from '../../runtime/state-lock.ts';

describe('the lock of a state folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fedshell-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Another process that owns the folder. */
  async function startOwner() {
    const module = pathToFileURL(entryPoint('runtime/state-lock')).href;
    const script = `import { lockState } from ${JSON.stringify(module)};
      globalThis.lock = lockState(${JSON.stringify(folder)}); process.stdout.write('owned'); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(owner.stdout, 'data');
    return owner;
  }

  it('refuses a second owner while the first lives and lets the next one in after its kill -9', async () => {
    const owner = await startOwner();
    expect(() => lockState(folder)).toThrow(expect.objectContaining({ code: 'E_STATE_IN_USE' }));
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    lockState(folder).release();
  });

  it('can be taken again after its release', () => {
    lockState(folder).release();
    lockState(folder).release();
  });
});
