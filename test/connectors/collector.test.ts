import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collector } from '../../connectors/collector/collector.ts';
import { KeptConfiguration } from '../../connectors/collector/kept-configuration.ts';
import { start } from '../../connectors/main.ts';
import { readStore } from '../../connectors/store/read-store.ts';
import { readStoreState } from '../../connectors/store/store-state.ts';
import { validate } from '../../openapi/validate.ts';
import { silentLog } from '../../runtime/log.ts';
import { Shutdown } from '../../runtime/shutdown.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-collector-'));
const trainerFile = join(folder, 'hall.trainer.json');
const state = join(folder, 'state');
const machines: Machine[] = [];
let shutdown: Shutdown;
let metrics: string;

const NODE = 'nsu=urn:test:line;s=press.';

function participant(id: string, machine: Machine, signals: object, more: object = {}) {
  return { id, source: { opcua: { endpoint: machine.endpoint, trust: 'first-use', signals, ...more } } };
}

function writeTrainerFile(...participants: object[]): void {
  writeTrainerFileWith({}, ...participants);
}

function writeTrainerFileWith(collector: object, ...participants: object[]): void {
  const pool = { id: 'hall' };
  writeFileSync(
    trainerFile,
    JSON.stringify({ aggregator: 'http://127.0.0.1:1', pool, collector, participants }),
  );
}

async function startCollector(): Promise<void> {
  shutdown = new Shutdown(silentLog);
  const addresses = await start({ trainerFile, folder: state }, { log: silentLog, shutdown });
  metrics = addresses['metrics'] ?? '';
}

const collected = (id: string) => join(state, 'collected', id);
const isConnected = (id: string) =>
  eventually(async () => ((await readStoreState(collected(id)))?.state === 'connected' ? true : undefined));

/** Good values of a signal in a store. */
async function valuesOf(id: string, signal: string): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const { samples } of readStore(collected(id))) {
    for (const sample of samples) {
      if (sample.signal === signal && sample.quality === 'good') values.push(sample.value);
    }
  }
  return values;
}

async function metric(name: string): Promise<string | undefined> {
  const text = await (await fetch(metrics, { headers: { connection: 'close' } })).text();
  return text.split('\n').find((line) => line.startsWith(name));
}

beforeAll(async () => {
  for (const name of ['a', 'b']) {
    machines.push(await startMachine({ port: await freePort(), pkiFolder: join(folder, `server-${name}`) }));
  }
  const [a, b] = machines;
  writeTrainerFile(
    participant('press-a', a!, { load: { node: `${NODE}Load` } }),
    participant('press-b', b!, { load: { node: `${NODE}Load` } }),
  );
  await startCollector();
});
afterAll(async () => {
  await shutdown.run();
  for (const machine of machines) await machine.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('a collector', () => {
  it('collects from every machine of the trainer file into the stores of its participants', async () => {
    await Promise.all(['press-a', 'press-b'].map(isConnected));

    await machines[0]!.send('write', { signal: 'Load', value: 1.5, atMs: Date.now() });

    await eventually(async () => ((await valuesOf('press-a', 'load')).includes(1.5) ? true : undefined));
    expect(await metric('fedshell_collector_state{participant="press-a",state="connected"}')).toMatch(/ 1$/);
  });

  it('serves its metrics to names of this machine only', async () => {
    const { port } = new URL(metrics);
    const foreign = await fetch(`http://127.0.0.1:${port}/other`);
    expect(foreign.status).toBe(404);
  });

  it('reopens a participant whose source changed, and leaves the others alone', async () => {
    const [a, b] = machines;
    const sessions = await b!.send('sessions');
    writeTrainerFile(
      participant('press-a', a!, { load: { node: `${NODE}Load` }, condition: { node: `${NODE}Condition` } }),
      participant('press-b', b!, { load: { node: `${NODE}Load` } }),
    );

    await eventually(async () =>
      (await valuesOf('press-a', 'condition')).includes('healthy') ? true : undefined,
    );
    expect(await b!.send('sessions')).toBe(sessions);
  });

  it('goes on with what it had while the file cannot be used', async () => {
    writeFileSync(trainerFile, 'participants: [');
    await eventually(async () => {
      return (await metric('fedshell_collector_configuration_valid'))?.endsWith(' 0') ? true : undefined;
    });

    await machines[1]!.send('write', { signal: 'Load', value: 2.5, atMs: Date.now() });

    await eventually(async () => ((await valuesOf('press-b', 'load')).includes(2.5) ? true : undefined));
  });

  it('lets go of a participant that is gone, opens a new one, and keeps what was collected', async () => {
    const [a, b] = machines;
    writeTrainerFile(
      participant('press-a', a!, { load: { node: `${NODE}Load` } }),
      participant('press-c', b!, { load: { node: `${NODE}Load` } }),
    );

    await isConnected('press-c');
    expect(await metric('fedshell_collector_state{participant="press-b"')).toBeUndefined();
    expect(await valuesOf('press-b', 'load')).toContain(2.5);
  });

  it('shows a refusal in the state of the participant and goes on when it is mended', async () => {
    const [a] = machines;
    writeTrainerFile(participant('press-d', a!, { load: { node: `${NODE}Lost` } }));
    await eventually(async () => {
      const state = await readStoreState(collected('press-d'));
      return state?.state === 'degraded' && state.reason?.includes('E_OPCUA_NODE') ? true : undefined;
    });

    writeTrainerFile(participant('press-d', a!, { load: { node: `${NODE}Load` } }));

    await isConnected('press-d');
  });

  it('takes over limits of the store and the port of its metrics, and leaves the machine alone', async () => {
    const [a] = machines;
    const press = participant('press-d', a!, { load: { node: `${NODE}Load` } });
    const sessions = await a!.send('sessions');
    const metricsPort = await freePort();
    expect(await metric('fedshell_collector_limit_bytes{participant="press-d"}')).toMatch(/ 10737418240$/);

    writeTrainerFileWith({ limitMebibytes: 100, metricsPort }, press);

    const before = metrics;
    metrics = `http://127.0.0.1:${metricsPort}/metrics`;
    const limit = await eventually(() =>
      metric('fedshell_collector_limit_bytes{participant="press-d"}').catch(() => undefined),
    );
    expect(limit).toMatch(/ 104857600$/);
    await expect(fetch(before, { headers: { connection: 'close' } })).rejects.toThrow();
    expect(await a!.send('sessions')).toBe(sessions);
  });

  it('says so and keeps its metrics where they were if another program has the port', async () => {
    const [a] = machines;
    const press = participant('press-d', a!, { load: { node: `${NODE}Load` } });

    writeTrainerFileWith({ metricsPort: a!.port }, press);

    await eventually(async () => {
      return (await metric('fedshell_collector_configuration_valid'))?.endsWith(' 0') ? true : undefined;
    });
    writeTrainerFileWith({ metricsPort: Number(new URL(metrics).port) }, press);
    await eventually(async () => {
      return (await metric('fedshell_collector_configuration_valid'))?.endsWith(' 1') ? true : undefined;
    });
  });

  it.each(['trusted/certs', 'trusted/crl', 'issuers/certs', 'issuers/crl', 'decisions'])(
    'tries refused machines again at once when something is put into %s of the PKI folder',
    async (name) => {
      const tryAgain = jest.spyOn(Collector.prototype, 'tryAgain');
      mkdirSync(join(state, 'pki', name), { recursive: true });
      tryAgain.mockClear();

      writeFileSync(join(state, 'pki', name, 'new'), 'no certificate');

      await eventually(() => (tryAgain.mock.calls.length > 0 ? true : undefined));
      tryAgain.mockRestore();
    },
  );

  it('starts by what could last be used where the trainer file is broken, says so, and takes it when mended', async () => {
    const [a] = machines;
    const press = participant('press-d', a!, { load: { node: `${NODE}Load` } });
    await shutdown.run();
    writeFileSync(trainerFile, 'participants: [');

    await startCollector();

    await isConnected('press-d');
    expect(await metric('fedshell_collector_configuration_valid')).toMatch(/ 0$/);
    writeTrainerFile(press);
    await eventually(async () => {
      return (await metric('fedshell_collector_configuration_valid'))?.endsWith(' 1') ? true : undefined;
    });
  });

  it('keeps no secret with what could last be used', async () => {
    const [a] = machines;
    const kept = new KeptConfiguration(join(folder, 'kept'), trainerFile);
    const endpoint = a!.endpoint.replace('opc.tcp://', 'opc.tcp://operator:secret@');
    const opcua = validate('OpcuaSource', { endpoint, signals: { load: { node: NODE } } }, 'a line');

    await kept.keep({ participants: [{ id: 'press-d', source: { opcua } }] }, [trainerFile]);

    expect(readFileSync(join(folder, 'kept', 'configuration.json'), 'utf8')).not.toContain('secret');
    expect((await kept.read())?.configuration.participants[0]?.source.opcua?.endpoint).toBe(a!.endpoint);
    expect(await new KeptConfiguration(join(folder, 'kept'), `${trainerFile}.other`).read()).toBeUndefined();
  });

  it('is the one owner of its state', async () => {
    const second = new Shutdown(silentLog);
    const starting = start({ trainerFile, folder: state }, { log: silentLog, shutdown: second });
    await expect(starting).rejects.toMatchObject({ code: 'E_STATE_IN_USE' });
    await second.run();
  });
});
