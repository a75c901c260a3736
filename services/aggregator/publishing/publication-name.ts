import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import type { VersionRow } from '../store/version-table.ts';

/** What names a model version. */
export type VersionName = Pick<VersionRow, 'federation' | 'group' | 'number'>;

/** What the outbox calls a model version; those of `main` carry no group. */
export function publicationOf({ federation, group, number }: VersionName): string {
  return `version:${federation}:${number}${group === MAIN_GROUP ? '' : `:${group}`}`;
}

/** The version that the outbox calls so; undefined for the name of another thing. */
export function versionOfPublication(name: string): VersionName | undefined {
  const [kind, federation, number, group = MAIN_GROUP] = name.split(':');
  if (kind !== 'version' || federation === undefined) return undefined;
  return { federation, group, number: Number(number) };
}
