import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAndValidate } from '../../openapi/validate.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';
import { FEDSHELL, runFedshell } from '../support/run-fedshell.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-line-'));
const pki = join(folder, 'pki');
const file = join(folder, 'press.line.yaml');
const children: ChildProcess[] = [];
let machine: Machine;

const line = (...args: string[]) =>
  runFedshell(['line', ...args, ...(args.includes('--pki') ? [] : ['--pki', pki])]);

beforeAll(async () => {
  machine = await startMachine({ port: await freePort(), pkiFolder: join(folder, 'server') });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await machine.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('fedshell line', () => {
  it('refuses an unknown certificate, names its fingerprint and the command that approves it', async () => {
    const { exitCode, stdout, stderr } = await line('discover', machine.endpoint, '--listen', '0');

    expect(exitCode).toBe(1);
    expect(stdout).toContain('SignAndEncrypt Aes256_Sha256_RsaPss');
    const fingerprint = /SHA-256 ([0-9a-f]{64})/.exec(stdout)?.[1] ?? 'none';
    expect(stderr).toContain('E_OPCUA_UNTRUSTED');
    expect(stderr).toContain(fingerprint);
    expect(stderr).toMatch(/fedshell trust approve [0-9a-f]+ --pki /);
  });

  it('writes a line file of what it finds, which then fits the machine', async () => {
    const options = ['--trust', 'first-use', '--listen', '1', '--output', file];

    const discovered = await line('discover', machine.endpoint, ...options);
    const checked = await line('check', file, '--listen', '1', '--json');

    expect(discovered).toMatchObject({ exitCode: 0, stderr: '' });
    const { signals } = parseAndValidate('OpcuaSource', readFileSync(file, 'utf8'), file);
    expect(signals['vibration']).toEqual({
      node: 'nsu=urn:test:line;s=press.Vibration',
      waveform: { length: 4 },
    });
    expect(checked).toMatchObject({ exitCode: 0, stderr: '' });
    const [{ state, signals: heard }] = JSON.parse(checked.stdout);
    expect(state.state).toBe('connected');
    expect(heard.load.values).toBe(1);
  });

  it('asks the machine for the namespace URI where an interface description has only its index', async () => {
    const property = (idShort: string, value: string) => ({ modelType: 'Property', idShort, value });
    const collection = (idShort: string, value: object[]) => ({
      modelType: 'SubmodelElementCollection',
      idShort,
      value,
    });
    const key = {
      type: 'GlobalReference',
      value: 'https://admin-shell.io/idta/AssetInterfacesDescription/1/0/Submodel',
    };
    const load = collection('load', [collection('forms', [property('href', '/?id=ns=2;s=press.Load')])]);
    const submodel = {
      modelType: 'Submodel',
      id: 'urn:aid',
      semanticId: { type: 'ExternalReference', keys: [key] },
      submodelElements: [
        collection('OpcUa', [
          collection('EndpointMetadata', [property('base', machine.endpoint)]),
          collection('InteractionMetadata', [collection('properties', [load])]),
        ]),
      ],
    };
    const aid = join(folder, 'aid.json');
    writeFileSync(aid, JSON.stringify(submodel));

    const refused = await line('from-aas', '--file', aid, '--resolve', '--pki', join(folder, 'no-pki'));
    const { stdout, stderr } = await line('from-aas', '--file', aid, '--resolve', '--json');

    expect(refused.stderr).toContain('E_OPCUA_UNTRUSTED');
    expect(stderr).toBe('');
    const answered = JSON.parse(stdout);
    expect(answered.notes).toEqual([]);
    expect(answered.line.signals.load.node).toMatch(/^nsu=urn:.*;s=press\.Load$/);
  });

  it('shows values as they come', async () => {
    const args = ['line', 'watch', file, '--pki', pki, '--signal', 'load', '--json'];
    const child = spawn(process.execPath, [FEDSHELL, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
    });
    await eventually(() => output.includes('"load"'));

    await machine.send('write', { signal: 'Load', value: 42.5, atMs: Date.now() });

    await eventually(() => output.includes('"value":42.5'));
    child.kill('SIGINT');
    await eventually(() => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
  });
});
