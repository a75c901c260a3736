import type { Fault } from '../runtime/errors.ts';
import { opcuaSourceFaults } from './opcua-source-faults.ts';
import type { Federation, OpcuaSource, Schemas, TrainerFile } from './schemas.ts';

/** Options of the architectures and features that come with the product; a key of somebody's own is checked by its module. */
const KNOWN_OPTIONS = {
  model: { dense: ['key', 'hidden'] },
  features: { 'log-band-power': ['key', 'bands'] },
} as const;

/**
 * The faults of a value that no schema can say, since they lie between its members.
 * @param value one that keeps to the schema `name`.
 */
export function crossFaults(name: keyof Schemas, value: unknown): Fault[] {
  // The value was checked against the schema of that name.
  if (name === 'Federation') return federationFaults(value as Federation);
  if (name === 'TrainerFile') return trainerFileFaults(value as TrainerFile);
  if (name === 'OpcuaSource') return opcuaSourceFaults('', value as OpcuaSource);
  return [];
}

function federationFaults({ model, profile, cohort, quorum }: Federation): Fault[] {
  const faults = [
    ...unknownOptions('/model', model, KNOWN_OPTIONS.model),
    ...unknownOptions('/profile/features', profile.features, KNOWN_OPTIONS.features),
  ];
  const { features, window } = profile;
  const bins = window.length >> 1;
  if (features.key === 'log-band-power' && (features.bands ?? 1) > bins) {
    faults.push({
      path: '/profile/features/bands',
      message: `must be at most ${bins}, half the window's length`,
    });
  }
  if (cohort?.kind === 'count' && quorum?.kind === 'count' && quorum.of > cohort.of) {
    faults.push({ path: '/quorum/of', message: `must be at most ${cohort.of}, the cohort's size` });
  }
  return faults;
}

function unknownOptions(
  path: string,
  options: { readonly key: string; readonly [option: string]: unknown },
  known: Readonly<Record<string, readonly string[]>>,
): Fault[] {
  const allowed = Object.hasOwn(known, options.key) ? known[options.key] : undefined;
  if (allowed === undefined) return [];
  return Object.keys(options)
    .filter((option) => !allowed.includes(option))
    .map((option) => ({
      path: `${path}/${option}`,
      message: `unknown key; ${options.key} has ${allowed.join(', ')}`,
    }));
}

function trainerFileFaults({ participants }: TrainerFile): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  participants.forEach(({ id, source }, index) => {
    if (seen.has(id)) faults.push({ path: `/participants/${index}/id`, message: `${id} is there twice` });
    seen.add(id);
    if (source.opcua !== undefined) {
      faults.push(...opcuaSourceFaults(`/participants/${index}/source/opcua`, source.opcua));
    }
  });
  return faults;
}
