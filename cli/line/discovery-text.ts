import type { DiscoveredMachine, Discovery } from '../../connectors/opcua/discovered.ts';
import { printable } from '../terminal/printable.ts';
import { table } from '../terminal/table.ts';
import type { ListenedMachine } from './run-discover.ts';

const KINDS: Readonly<Record<DiscoveredMachine['kind'], string>> = {
  machinery: 'machine by OPC UA for Machinery',
  i4aas: 'Asset Administration Shell by OPC UA for I4AAS',
  object: 'object',
};
const NO_ID =
  'without an id, so no registry can be asked for it (fedshell line from-aas --file takes its file)';
const CLOCK_OFFSET_TO_TELL_MS = 1_000;

/** What was found, for people. */
export function discoveryText(
  discovery: Discovery,
  listened: readonly ListenedMachine[],
  files: ReadonlyMap<DiscoveredMachine, string>,
): string {
  const { nodesets, clockOffsetMs, isComplete, operationLimits } = discovery;
  const limits = Object.entries(operationLimits).map(([name, limit]) => `${name} ${limit}`);
  const lines = [
    ...(nodesets.length === 0 ? [] : [`nodesets    ${nodesets.join(', ')}`]),
    ...(limits.length === 0 ? [] : [`limits      ${limits.join(', ')}`]),
    ...(Math.abs(clockOffsetMs) < CLOCK_OFFSET_TO_TELL_MS
      ? []
      : [`clock       ${clockOffsetMs / 1000} s ahead of ours`]),
    ...discovery.shells.map(({ name, path, identification: { Id: id } }) => {
      const what = id === undefined ? NO_ID : `id ${id} (fedshell line from-aas reads it from a registry)`;
      return `shell       ${name} at ${path}, ${what}`;
    }),
    ...(isComplete ? [] : ['There is more than is looked at here.']),
  ].map(printable);
  if (listened.length === 0)
    return [...lines, 'No object with variables that could become signals.'].join('\n');
  for (const one of listened) lines.push('', ...machineText(one, files.get(one.machine)));
  return lines.join('\n');
}

function machineText(
  { machine, proposals, measurement }: ListenedMachine,
  file: string | undefined,
): string[] {
  const identity = Object.entries(machine.identification).map(([name, value]) => `  ${name}: ${value}`);
  const rows = proposals.map(({ name, variable: { dataType, length, unit = '', node } }) => {
    const measured = measurement?.signals.get(name);
    const rate = measured?.rateHz === undefined ? '' : `${Number(measured.rateHz.toPrecision(3))}`;
    const pace = measured?.isPeriodic ? 'even' : '';
    return [name, length === undefined ? dataType : `${dataType}[${length}]`, unit, rate, pace, node];
  });
  const type = machine.type === '' ? '' : `, ${machine.type}`;
  return [
    printable(`${machine.name} at ${machine.path}: ${KINDS[machine.kind]}${type}`),
    ...identity.map(printable),
    table([['signal', 'type', 'unit', 'per second', 'pace', 'node'], ...rows]),
    ...(file === undefined ? [] : [`line file ${file}`]),
  ];
}
