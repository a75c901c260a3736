import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Participant, Run } from '../../openapi/schemas.ts';
import { call } from '../services/aggregator/support/call.ts';
import { eventually } from '../support/eventually.ts';
import { Plant } from '../support/plant.ts';
import { StartedFedshell } from '../support/started-fedshell.ts';

interface Line {
  readonly endpoint: string;
  readonly faults: string;
}

describe('a run whose machine has a bad day', () => {
  const plant = new Plant();
  let line: StartedFedshell | undefined;
  afterAll(async () => {
    await plant.end();
    await line?.end();
  });

  it('completes, and every window that was left out stands in the shell with its cause', async () => {
    await plant.start();
    const federation = await plant.createFederation((one) => {
      one.rounds = 3;
      one.training.localEpochs = 2;
      const { block: _, segment: __, finished: ___, ...signals } = one.profile.signals;
      // Blocks without numbers: the ledger is all there is to tell what is missing.
      one.profile.signals = signals;
      one.profile.sampleRateHz = 12_000;
      // Overlapping, so that there is a window across every moment.
      one.profile.window = { length: 1024, hop: 512 };
      one.profile.examples = { ready: 40, maximum: 20_000, minimumTrain: 8 };
    });
    line = new StartedFedshell([
      ...['line', 'simulate', '--json', '--machines', '1', '--state', plant.path('line')],
      ...['--fault-port', '0', '--port', '0'],
    ]);
    const { endpoint, faults } = await line.answer<Line>();
    writeTrainerFile(plant, endpoint);
    plant.train('hall-1');
    await plant.joined('press-1');
    const started = await plant.command<Run>('run', 'start', federation.id);
    await eventually(async () => (await plant.command<Run>('run', 'show', started.id)).round >= 1, {
      what: 'the first round',
      timeoutMs: 90_000,
      intervalMs: 500,
    });

    for (const fault of [
      { kind: 'cut', durationMs: 1_000 },
      { kind: 'kill', durationMs: 1_000 },
    ]) {
      await give(faults, fault);
      await windowsGrow(plant);
    }
    await give(faults, { kind: 'clock-skew', offsetMs: -60_000 });
    let found: readonly string[] = [];
    await eventually(
      async () => {
        found = Object.keys((await shown(plant)).data?.[0]?.excludedWindows ?? {});
        return found.includes('server-restarted') && found.includes('clock-step');
      },
      { what: 'the causes', timeoutMs: 60_000, intervalMs: 500 },
    ).catch(async (thrown: unknown) => {
      const gaps = JSON.stringify((await shown(plant)).collection?.gaps);
      throw new Error(`of the causes there are only ${found.join(', ')}; the ledger: ${gaps}`, {
        cause: thrown,
      });
    });
    expect((await plant.ended(started.id)).state).toBe('completed');
    expect(found).not.toContain('gap');

    const participant = await shown(plant);
    const { excludedWindows = {} } = participant.data?.[0] ?? {};
    const metrics = await eventually(
      async () => {
        const found = await datasetMetrics(plant, participant.shellId ?? '');
        return found['ExcludedWindows_clock_step'] === undefined ? undefined : found;
      },
      { what: 'the metrics in the shell', timeoutMs: 30_000, intervalMs: 500 },
    );
    for (const cause of Object.keys(excludedWindows)) {
      expect(Number(metrics[`ExcludedWindows_${cause.replaceAll('-', '_')}`])).toBeGreaterThan(0);
    }
  }, 300_000);
});

function writeTrainerFile(plant: Plant, endpoint: string): void {
  const names = { vibration: 'Vibration', condition: 'Condition', lot: 'Lot', load: 'Load' };
  const signals = Object.entries(names).map(([name, node]) => {
    const where = { node: `nsu=urn:fedshell:line;s=machine-1.${node}` };
    return [name, where] as const;
  });
  const file = {
    aggregator: plant.up?.api ?? '',
    token: { file: 'join.token' },
    queue: { redis: plant.up?.queue.url ?? '', passwordFile: plant.up?.queue.passwordFile ?? '' },
    pool: { id: 'hall-1' },
    participants: [
      {
        id: 'press-1',
        source: { opcua: { endpoint, trust: 'first-use', signals: Object.fromEntries(signals) } },
      },
    ],
  };
  writeFileSync(plant.path('hall-1.trainer.yaml'), stringify(file));
}

async function give(faults: string, fault: object): Promise<void> {
  const response = await fetch(`${faults}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** What the aggregator shows of the participant, with its shell. */
async function shown(plant: Plant): Promise<Participant> {
  const response = await fetch(`${plant.up?.api}/api/participants/press-1`);
  return (await response.json()) as Participant;
}

async function windowsGrow(plant: Plant): Promise<void> {
  const windows = async () => (await shown(plant)).data?.[0]?.windows ?? 0;
  const before = await windows();
  // Data of after the fault: what was under way when it began is a handful of windows at most.
  await eventually(async () => (await windows()) > before + 20, {
    what: 'windows after the fault',
    timeoutMs: 60_000,
    intervalMs: 300,
  });
}

async function datasetMetrics(plant: Plant, shellId: string): Promise<Record<string, string>> {
  const encoded = (id: string) => Buffer.from(id).toString('base64url');
  const read = async (path: string) => (await call(plant.up?.aas ?? '', 'GET', path)).body;
  const { result } = await read(`/shells/${encoded(shellId)}/submodel-refs`);
  const ids: string[] = result.map(({ keys }: { keys: { value: string }[] }) => keys[0]?.value);
  const id = ids.find((each) => each.includes('AIDataset'));
  return id === undefined ? {} : ((await read(`/submodels/${encoded(id)}/$value`)).Metrics ?? {});
}
