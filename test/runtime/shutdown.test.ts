import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { Shutdown } from '../../runtime/shutdown.ts';

describe('the shutdown of a process', () => {
  it('runs its steps once, last added first, and goes on after one that fails', async () => {
    const ran: string[] = [];
    const shutdown = new Shutdown(silentLog);
    shutdown.add('store', () => void ran.push('store'));
    shutdown.add('broken', () => {
      throw new Error('cannot close');
    });
    shutdown.add('server', async () => void ran.push('server'));

    await Promise.all([shutdown.run(), shutdown.run()]);

    expect(ran).toEqual(['server', 'store']);
  });

  it('finishes its steps though the signal comes again and again', async () => {
    const modules = ['runtime/shutdown', 'runtime/log'].map(
      (module) => pathToFileURL(entryPoint(module)).href,
    );
    const script = `import { Shutdown } from '${modules[0]}'; import { silentLog } from '${modules[1]}';
      const shutdown = new Shutdown(silentLog);
      shutdown.add('slow', async () => {
        process.stdout.write('draining\\n');
        await new Promise((resolve) => process.stdin.once('data', resolve));
        process.stdout.write('drained\\n');
      });
      shutdown.listen();
      process.stdin.resume();
      process.stdout.write('up\\n');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    child.kill('SIGINT');
    child.stdin.write('go on');
    const [exitCode] = await once(child, 'close');

    expect(output).toBe('up\ndraining\ndrained\n');
    expect(exitCode).toBe(0);
  });
});
