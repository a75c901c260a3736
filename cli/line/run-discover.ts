import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DiscoveredEndpoint, DiscoveredMachine, Discovery } from '../../connectors/opcua/discovered.ts';
import type { Measurement } from '../../connectors/opcua/measure-signals.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { DiscoverOptions } from '../commands/line.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { discoveredLineText } from './discovered-line.ts';
import { discoveryText } from './discovery-text.ts';
import { FreeNames } from './free-names.ts';
import { lineLog, linePkiFolder, serverOf } from './server-options.ts';
import { proposedSignal, proposeSignals, type SignalProposal, signalName } from './signal-proposals.ts';
import { tellingTrustFolder } from './trust-hint.ts';

/** Most signals that are listened to at once. */
const MOST_MEASURED = 2_000;
/** Of the part that a machine gives; file systems allow 255 bytes. */
const LONGEST_FILE_NAME = 64;

/** What was found of a machine, with what was heard of it. */
export interface ListenedMachine {
  readonly machine: DiscoveredMachine;
  readonly proposals: readonly SignalProposal[];
  readonly measurement: Measurement | undefined;
}

/** Looks at a server, says what it has and writes the line files that were asked for. */
export async function runDiscover(endpoint: string, options: DiscoverOptions): Promise<void> {
  const server = await serverOf(endpoint, options);
  const interruption = new Interruption();
  const { signal } = interruption;
  const visit = { server, pkiFolder: linePkiFolder(options.pki), log: lineLog(), signal };
  const { discoverEndpoints, discoverMachines } = await import('../../connectors/opcua/discover.ts');
  const endpoints = await interruption.during(discoverEndpoints(visit));
  if (!options.json) process.stdout.write(`${endpointsText(endpoints)}\n`);
  const discovery = await interruption.during(tellingTrustFolder(visit.pkiFolder, discoverMachines(visit)));
  const chosen = chooseMachines(discovery, options.machine);
  const listened: ListenedMachine[] = [];
  for (const machine of chosen) {
    const proposals = proposeSignals(machine);
    const measurement = await interruption.during(listen(options, visit, proposals));
    listened.push({ machine, proposals, measurement });
  }
  const files = new Map<DiscoveredMachine, string>();
  if (options.output !== undefined) {
    const names = fileNames(options.output, chosen);
    refuseExisting([...names.values()], options.force === true);
    for (const one of listened) {
      const file = names.get(one.machine) ?? options.output;
      await writeFile(file, discoveredLineText({ ...one, server }));
      files.set(one.machine, file);
    }
  }
  answer(options, { endpoints, ...discovery, machines: listened.map((one) => toJson(one, files)) }, () =>
    discoveryText(discovery, listened, files),
  );
}

async function listen(
  { listen: seconds }: DiscoverOptions,
  visit: {
    server: Awaited<ReturnType<typeof serverOf>>;
    pkiFolder: string;
    log: ReturnType<typeof lineLog>;
    signal: AbortSignal;
  },
  proposals: readonly SignalProposal[],
): Promise<Measurement | undefined> {
  if (seconds === 0 || proposals.length === 0) return undefined;
  const { validate } = await import('../../openapi/validate.ts');
  const { measureSignals } = await import('../../connectors/opcua/measure-signals.ts');
  const measured = proposals.slice(0, MOST_MEASURED);
  const signals = Object.fromEntries(measured.map(({ name, variable: { node } }) => [name, { node }]));
  const source = validate('OpcuaSource', { ...visit.server, signals }, 'what was found');
  return measureSignals({ ...visit, source, durationMs: 1000 * seconds });
}

/** @throws CodedError `E_INVALID_INPUT` for a name that no machine has */
function chooseMachines({ machines }: Discovery, names: readonly string[] | undefined): DiscoveredMachine[] {
  if (names === undefined) return [...machines];
  const faults = names
    .filter((name) => !machines.some((machine) => machine.name === name))
    .map((name) => ({
      path: '--machine',
      message: `${name} is none of ${machines.map((one) => one.name).join(', ')}`,
    }));
  if (faults.length > 0) throw new CodedError('E_INVALID_INPUT', 'no such machine at the server', { faults });
  return machines.filter(({ name }) => names.includes(name));
}

/** One file for one machine; of several, each has its name before that of the file. */
function fileNames(output: string, machines: readonly DiscoveredMachine[]): Map<DiscoveredMachine, string> {
  const file = resolve(output);
  if (machines.length < 2) return new Map(machines.map((machine) => [machine, file]));
  const names = new FreeNames(LONGEST_FILE_NAME);
  return new Map(
    machines.map((machine) => {
      const name = names.take(signalName(machine.name).slice(0, LONGEST_FILE_NAME));
      return [machine, join(dirname(file), `${name}.${basename(file)}`)];
    }),
  );
}

function refuseExisting(files: readonly string[], force: boolean): void {
  const present = files.filter((file) => existsSync(file));
  if (force || present.length === 0) return;
  throw new CodedError('E_ALREADY_EXISTS', `${present.join(', ')} is there already; --force writes over it`);
}

function toJson(
  { machine, proposals, measurement }: ListenedMachine,
  files: ReadonlyMap<DiscoveredMachine, string>,
) {
  const signals = proposals.map(({ name, variable }) => [
    name,
    proposedSignal(variable, measurement?.signals.get(name)),
  ]);
  return { ...machine, signals: Object.fromEntries(signals), file: files.get(machine) };
}

function endpointsText(endpoints: readonly DiscoveredEndpoint[]): string {
  const rows = endpoints.map(
    ({ url, securityMode, securityPolicy, users }) =>
      `  ${securityMode === 'None' ? 'None (no security)' : `${securityMode} ${securityPolicy}`}, users ${users.join(', ')}, ${url}`,
  );
  const certificates = [
    ...new Set(
      endpoints.flatMap(({ certificate }) =>
        certificate === undefined
          ? []
          : `  ${certificate.subject}, valid to ${certificate.validTo}, SHA-256 ${certificate.sha256}`,
      ),
    ),
  ];
  const shown = certificates.length === 0 ? [] : ['certificate', ...certificates];
  return ['endpoints', ...rows, ...shown].map(printable).join('\n');
}
