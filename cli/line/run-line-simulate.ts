import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { entryPoint } from '../../runtime/package-root.ts';
import type { SimulatorSettings } from '../../simulator/main.ts';
import type { LineSimulateOptions } from '../commands/line.ts';
import { describeSupervision } from '../plant/describe-supervision.ts';
import { SERVICE_NODE_FLAGS } from '../plant/process-flags.ts';
import { launchService } from '../supervise/launch-service.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';

/** Serves machines that work by the clock and can be disturbed, until the process is to end. */
export async function runLineSimulate(options: LineSimulateOptions): Promise<void> {
  const interruption = new Interruption();
  const folder = resolve(options.state);
  const supervisor = new Supervisor({
    folder,
    report: (event) => process.stderr.write(`${describeSupervision(event)}\n`),
  });
  try {
    const settings = simulatorSettings(options, folder);
    mkdirSync(settings.stateFolder, { recursive: true, mode: 0o700 });
    const launch = launchService({
      name: 'simulator',
      entry: entryPoint('simulator/main'),
      folder,
      nodeFlags: SERVICE_NODE_FLAGS,
      settings: (previous) => ({
        ...settings,
        port: portOf(previous?.['opcua']) ?? settings.port,
        faultPort: portOf(previous?.['faults']) ?? settings.faultPort,
      }),
    });
    const started = supervisor.add('simulator', 'simulator', launch).start();
    const { opcua = '', faults = '' } = await interruption.during(started);
    const truth = settings.truthFile;
    answer(options, { endpoint: opcua, faults, truth, state: folder }, () =>
      [
        `OPC UA      ${opcua}`,
        `faults      ${faults} (docs/simulator.md)`,
        `truth log   ${truth}`,
        `try         fedshell line discover ${opcua} --trust first-use`,
        'Ctrl-C ends it.',
      ].join('\n'),
    );
    await Promise.race([interruption.happened, supervisor.failure]);
  } finally {
    await supervisor.end();
  }
}

function simulatorSettings(options: LineSimulateOptions, folder: string) {
  const { machines, seed, port, machinery, offersNone } = options;
  const stateFolder = join(folder, 'simulator');
  return {
    port,
    faultPort: options.faultPort,
    machines: { machines, seed, live: {} },
    stateFolder,
    pkiFolder: join(stateFolder, 'pki'),
    truthFile: resolve(options.truth ?? join(stateFolder, 'truth.log')),
    machinery: machinery === true,
    offersNone: offersNone === true,
  } satisfies SimulatorSettings;
}

function portOf(url: string | undefined): number | undefined {
  return url === undefined ? undefined : Number(new URL(url.replace(/^opc\.tcp:/, 'http:')).port);
}
