import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST_POSITION } from '../../connectors/recording/blocks.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import type { ServiceMessage } from '../../runtime/service-process.ts';
import { Shutdown } from '../../runtime/shutdown.ts';
import { type SimulatorSettings, start } from '../../simulator/main.ts';
import { eventually } from '../support/eventually.ts';
import { type Arrival, type LineClient, openLineClient } from './line-client.ts';

/** 8 segments of 3 blocks: 1,024, 1,024 and 452 samples. */
const MACHINES = { machines: 1, seed: 5, segmentsPerCondition: 2, samplesPerSegment: 2500 };
const BLOCKS = 24;
const ALL_BLOCKS = Array.from({ length: BLOCKS }, (_, index) => index + 1);

let folder: string;
let states = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-player-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function startLine(
  stateFolder: string,
  machines = MACHINES,
): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const shutdown = new Shutdown(silentLog);
  const pkiFolder = join(folder, 'server-pki');
  const { opcua } = await start({ port: 0, machines, stateFolder, pkiFolder }, { log: silentLog, shutdown });
  return { endpoint: opcua ?? '', stop: () => shutdown.run() };
}

/** The same as a process of its own, from the compiled code. */
async function startProcess(stateFolder: string): Promise<{ endpoint: string; child: ChildProcess }> {
  const settings: SimulatorSettings = {
    port: 0,
    machines: MACHINES,
    stateFolder,
    pkiFolder: join(folder, 'server-pki'),
  };
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(settings));
  const child = fork(entryPoint('simulator/main'), [file], {
    env: { ...process.env, FEDSHELL_LOG_LEVEL: 'silent' },
  });
  const [message] = (await once(child, 'message')) as [ServiceMessage];
  if (message.kind !== 'ready') throw new Error(message.message);
  return { endpoint: message.addresses['opcua'] ?? '', child };
}

function newState(): string {
  states += 1;
  return join(folder, `state-${states}`);
}

function connect(
  endpoint: string,
  options: { queueSize?: number; onArrival?: (arrival: Arrival) => void; publishingEnabled?: boolean } = {},
): Promise<LineClient> {
  return openLineClient({
    endpoint,
    machines: ['machine-1'],
    pkiFolder: join(folder, 'client-pki'),
    ...options,
  });
}

/** A client that is there until `block` arrives and is cut off in that very moment. */
async function collectUntil(endpoint: string, block: number): Promise<Arrival[]> {
  let client: LineClient | undefined;
  const cut = new Promise<void>((resolve) => {
    const onArrival = ({ variable, value }: Arrival) => {
      if (variable === 'Block' && value === block) resolve();
    };
    // A short queue, so that few blocks are ahead of the cut.
    void connect(endpoint, { queueSize: 8, onArrival }).then((opened) => {
      client = opened;
    });
  });
  await cut;
  const { arrivals, kill } = await eventually(() => client);
  const seen = [...arrivals];
  await kill();
  return seen;
}

function finished(client: LineClient): Promise<unknown> {
  return eventually(() => client.of('Finished').at(-1)?.value === true, { what: 'finished' });
}

/** Waits until the player has noted that its client acknowledged everything. */
function finishedOnDisk(stateFolder: string): Promise<unknown> {
  const file = join(stateFolder, 'positions', 'machine-1.json');
  return eventually(() => JSON.parse(readFileSync(file, 'utf8')).finished);
}

function blocksIn(arrivals: readonly Arrival[]): number[] {
  const values = arrivals.filter((one) => one.variable === 'Block').map((one) => Number(one.value));
  return [...new Set(values)].sort((a, b) => a - b);
}

function wavesIn(arrivals: readonly Arrival[]): Map<number, Float32Array> {
  const waves = new Map<number, Float32Array>();
  for (const { variable, value, timeMs } of arrivals) {
    if (variable === 'Vibration' && value instanceof Float32Array) waves.set(timeMs, value);
  }
  return waves;
}

describe('the player of a machine', () => {
  it('sends numbered blocks on the production clock, each with its context, and then finished', async () => {
    const line = await startLine(newState());
    const client = await connect(line.endpoint);

    await finished(client);

    expect(blocksIn(client.arrivals)).toEqual(ALL_BLOCKS);
    const waves = wavesIn(client.arrivals);
    expect([...waves.values()].map((wave) => wave.length)).toEqual(
      Array.from({ length: 8 }, () => [1024, 1024, 452]).flat(),
    );
    const times = [...waves.keys()];
    // 1,024 samples at 12 kHz are 85.3 ms, 452 are 37.7 ms.
    expect(times.slice(0, 4).map((time) => time - FIRST_POSITION.timeMs)).toEqual([0, 85, 170, 208]);
    for (const variable of ['Condition', 'Lot', 'Load', 'Speed', 'Segment', 'Block']) {
      expect(new Set(client.of(variable).map((one) => one.timeMs))).toEqual(new Set(times));
    }
    expect(client.of('Finished').map((one) => one.value)).toEqual([false, true]);
    expect(client.arrivals.at(-1)?.variable).toBe('Finished');
    await client.close();
    await line.stop();
  });

  it('writes the context of a block before the block', async () => {
    const line = await startLine(newState());
    const order: string[] = [];
    // With a queue of two, one block is on its way at a time: the order of arrival is that of the writes.
    const client = await connect(line.endpoint, {
      queueSize: 2,
      onArrival: ({ variable, timeMs }) => order.push(`${timeMs} ${variable}`),
    });

    await finished(client);

    const [first] = wavesIn(client.arrivals).keys();
    const ofFirst = order.filter((entry) => entry.startsWith(`${first} `) && !entry.endsWith('Finished'));
    expect(ofFirst.at(-1)).toBe(`${first} Vibration`);
    expect(ofFirst).toHaveLength(7);
    await client.close();
    await line.stop();
  });

  it('loses no block when the client is cut off in the middle: a new one gets the current segment again', async () => {
    const line = await startLine(newState());

    const before = await collectUntil(line.endpoint, 10);
    const client = await connect(line.endpoint);
    await finished(client);

    const [firstAgain = 0] = blocksIn(client.arrivals);
    expect(firstAgain).toBeGreaterThan(1);
    expect(firstAgain).toBeLessThanOrEqual(Math.max(...blocksIn(before)) + 1);
    expect(blocksIn([...before, ...client.arrivals])).toEqual(ALL_BLOCKS);
    // What comes twice is the same both times.
    const again = wavesIn(client.arrivals);
    for (const [time, wave] of wavesIn(before)) {
      if (again.has(time)) expect(again.get(time)).toEqual(wave);
    }
    expect(wavesIn([...before, ...client.arrivals]).size).toBe(BLOCKS);
    await client.close();
    await line.stop();
  });

  it('keeps its position over its own restart', async () => {
    const stateFolder = newState();
    const first = await startLine(stateFolder);
    const before = await collectUntil(first.endpoint, 14);
    await first.stop();

    const second = await startLine(stateFolder);
    const client = await connect(second.endpoint);
    await finished(client);

    expect(Math.min(...blocksIn(client.arrivals))).toBeGreaterThan(6);
    expect(blocksIn([...before, ...client.arrivals])).toEqual(ALL_BLOCKS);
    await client.close();
    await second.stop();
  });

  it('keeps its position when its process is killed', async () => {
    const stateFolder = newState();
    const first = await startProcess(stateFolder);
    const before = await collectUntil(first.endpoint, 14);
    const killed = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await killed;

    const second = await startProcess(stateFolder);
    const client = await connect(second.endpoint);
    await finished(client);

    expect(Math.min(...blocksIn(client.arrivals))).toBeGreaterThan(1);
    expect(blocksIn([...before, ...client.arrivals])).toEqual(ALL_BLOCKS);
    await client.close();
    const ended = once(second.child, 'exit');
    second.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('sends a new subscription everything again once the shift had finished, even after a restart', async () => {
    const stateFolder = newState();
    const first = await startLine(stateFolder);
    const early = await connect(first.endpoint);
    await finished(early);
    await finishedOnDisk(stateFolder);
    await early.close();
    await first.stop();
    const second = await startLine(stateFolder);

    const late = await connect(second.endpoint);
    await eventually(() => blocksIn(late.arrivals).length === BLOCKS);
    await finished(late);

    expect(wavesIn(late.arrivals)).toEqual(wavesIn(early.arrivals));
    await late.close();
    await second.stop();
  });

  it('never has more blocks on their way than half of the queue', async () => {
    const line = await startLine(newState());
    const client = await connect(line.endpoint, { queueSize: 10, publishingEnabled: false });

    await eventually(async () => (await client.read('Block')) === 5, { what: 'five blocks' });
    for (let passes = 0; passes < 20; passes += 1) expect(await client.read('Block')).toBe(5);
    await client.startPublishing();
    await finished(client);

    expect(blocksIn(client.arrivals)).toEqual(ALL_BLOCKS);
    await client.close();
    await line.stop();
  });

  it('does not play a finished shift again to a subscription that had it', async () => {
    const stateFolder = newState();
    const line = await startLine(stateFolder);
    const client = await connect(line.endpoint);
    await finished(client);
    await finishedOnDisk(stateFolder);
    const viewer = await connect(line.endpoint);
    await finished(viewer);
    await finishedOnDisk(stateFolder);

    await viewer.close();

    expect(await client.read('Finished')).toBe(true);
    await client.close();
    await line.stop();
  });

  it('goes on for the older subscription when the newest ends', async () => {
    const line = await startLine(newState());
    const older = await connect(line.endpoint, { queueSize: 2 });
    const newest = await connect(line.endpoint, { queueSize: 2 });
    await eventually(() => blocksIn(newest.arrivals).length > 2);

    await newest.close();
    await finished(older);

    expect(blocksIn(older.arrivals)).toEqual(ALL_BLOCKS);
    await older.close();
    await line.stop();
  });
});
