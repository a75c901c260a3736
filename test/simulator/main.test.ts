import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageSecurityMode, OPCUACertificateManager, OPCUAClient, SecurityPolicy } from 'node-opcua';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { Shutdown } from '../../runtime/shutdown.ts';
import { describeLine, type SimulatorSettings, start } from '../../simulator/main.ts';
import { eventually } from '../support/eventually.ts';
import { openLineClient } from './line-client.ts';

const GENERATED = { machines: 2, seed: 1, segmentsPerCondition: 1, samplesPerSegment: 1024 };

let folder: string;
const shutdowns: Shutdown[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-simulator-'));
});

afterAll(async () => {
  for (const shutdown of shutdowns) await shutdown.run();
  rmSync(folder, { recursive: true, force: true });
});

async function startLine(settings: Partial<SimulatorSettings> & { stateFolder: string }): Promise<string> {
  const shutdown = new Shutdown(silentLog);
  shutdowns.push(shutdown);
  const addresses = await start(
    { port: 0, machines: GENERATED, pkiFolder: join(folder, 'pki'), ...settings },
    { log: silentLog, shutdown },
  );
  return addresses['opcua'] ?? '';
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  const failure = await doing.catch((thrown: unknown) => thrown);
  return failure instanceof CodedError ? failure.code : 'no CodedError';
}

describe('describeLine', () => {
  it('names each machine of a generated line with its position and the nodes of its signals', async () => {
    const { classes, machines } = await describeLine(GENERATED);

    expect(classes).toEqual(['healthy', 'inner-race', 'outer-race', 'unbalance']);
    expect(machines.map(({ id, attributes }) => [id, attributes])).toEqual([
      ['machine-1', { position: 'bearing-housing' }],
      ['machine-2', { position: 'motor-flange' }],
    ]);
    expect(machines[0]?.signals['vibration']).toEqual({
      node: 'nsu=urn:fedshell:line;s=machine-1.Vibration',
    });
    expect(Object.keys(machines[0]?.signals ?? {}).sort()).toEqual(
      ['block', 'condition', 'finished', 'load', 'lot', 'segment', 'speed', 'vibration'].sort(),
    );
  });
});

describe('a simulated line', () => {
  it('plays several machines to one client, recordings of a folder alike', async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const text = `x\n${Array.from({ length: 1100 }, (_, index) => index).join('\n')}\n`;
    writeFileSync(join(data, 'a.csv'), text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    writeFileSync(
      join(data, 'manifest.csv'),
      `file,client,label,split,sha256,sensor,load_pct,column,first_row\n${['p 1', 'p 2', 'p 3']
        .map((sensor, index) => `a.csv,all,worn,test,${sha256},${sensor},${10 * index},x,${index}`)
        .join('\n')}`,
    );
    const machines = { data, group: 'sensor', limit: 2 };
    const endpoint = await startLine({ stateFolder: join(folder, 'recorded'), machines });
    const ids = (await describeLine(machines)).machines.map(({ id }) => id);

    const client = await openLineClient({ endpoint, machines: ids, pkiFolder: join(folder, 'client') });
    await eventually(() => ids.every((id) => client.of('Finished', id).at(-1)?.value === true));

    expect(ids).toEqual(['p-1', 'p-2']);
    const waves = client.of('Vibration', 'p-2').map(({ value }) => value);
    expect(waves.map((wave) => (wave instanceof Float32Array ? [wave.length, wave[0]] : []))).toEqual([
      [1024, 1],
      [75, 1025],
    ]);
    expect(client.of('Load', 'p-2').at(-1)?.value).toBe(10);
    expect(client.of('Condition', 'p-1').at(-1)?.value).toBe('worn');
    expect(client.of('Lot', 'p-1').at(-1)?.value).toBe('test');
    await client.close();
  });

  it('offers encrypted endpoints only, unless told otherwise', async () => {
    const endpoint = await startLine({ stateFolder: join(folder, 'secure') });
    const client = OPCUAClient.create({
      endpointMustExist: false,
      clientCertificateManager: new OPCUACertificateManager({ rootFolder: join(folder, 'client') }),
    });
    await client.connect(endpoint);

    const endpoints = await client.getEndpoints();

    const modes = endpoints.map(({ securityMode, securityPolicyUri }) => [securityMode, securityPolicyUri]);
    expect(modes).toEqual([
      [MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Basic256Sha256],
      [MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Aes256_Sha256_RsaPss],
    ]);
    expect(endpoint).toMatch(/^opc\.tcp:\/\/127\.0\.0\.1:\d+\/line$/);
    await client.disconnect();
  });

  it('keeps its certificate', async () => {
    const certificate = join(folder, 'pki', 'server', 'own', 'certs', 'certificate.pem');
    await startLine({ stateFolder: join(folder, 'first') });
    const made = statSync(certificate).mtimeMs;

    await startLine({ stateFolder: join(folder, 'second') });

    expect(existsSync(certificate) && statSync(certificate).mtimeMs).toBe(made);
  });

  it('refuses a state folder in use, or of another line, and a port in use', async () => {
    const stateFolder = join(folder, 'owned');
    const endpoint = await startLine({ stateFolder });
    const port = Number(new URL(endpoint).port);

    expect(await codeOf(startLine({ stateFolder }))).toBe('E_STATE_IN_USE');
    expect(await codeOf(startLine({ stateFolder: join(folder, 'other'), port }))).toBe('E_PORT_IN_USE');
    await shutdowns.at(-3)?.run();
    expect(await codeOf(startLine({ stateFolder, machines: { ...GENERATED, seed: 2 } }))).toBe(
      'E_STATE_MISMATCH',
    );
  });
});
