import type { MadeVersion, RoundRecord } from '../../services/simulation/round-record.ts';
import { percent } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';

const COLUMNS: readonly [head: string, width: number, cell: (record: RoundRecord) => string | number][] = [
  ['round', 6, ({ round }) => round],
  ['cohort', 7, ({ cohort }) => cohort.length],
  ['count', 6, ({ contributors }) => contributors.length],
  ['refused', 8, ({ refused }) => refused.length],
  ['train loss', 11, ({ trainedLoss }) => trainedLoss.toFixed(4)],
  ['test accuracy', 14, ({ evaluation }) => percent(evaluation?.accuracy)],
  ['worst tenth', 12, ({ evaluation }) => percent(evaluation?.fairness.worstTenth)],
  ['kB up', 8, ({ uploadedBytes }) => Math.ceil(uploadedBytes / 1000)],
  ['kB down', 8, ({ downloadedBytes }) => Math.ceil(downloadedBytes / 1000)],
  ['models', 7, ({ versions }) => versions.length],
];

/** The head of the table that `roundText` makes the rows of. */
export const ROUND_HEAD = COLUMNS.map(([head, width]) => head.padStart(width)).join('');

/** A round for people; it is printed as soon as it is done, so columns have fixed widths. */
export function roundText(record: RoundRecord): string {
  return COLUMNS.map(([, width, cell]) => String(cell(record)).padStart(width)).join('');
}

/** The versions at the end. */
export function resultText(versions: Iterable<MadeVersion>, output: string | undefined): string {
  const rows = [...versions].map(({ group, number, sha256 }) => [group, String(number), sha256]);
  const where = output === undefined ? [] : ['', `kept in ${output}`];
  return [table([['group', 'version', 'sha256'], ...rows]), ...where].join('\n');
}
