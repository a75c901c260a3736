import { CodedError } from '../../runtime/errors.ts';
import { table } from '../terminal/table.ts';
import type { FolderReport } from './check-folder.ts';

const SHOWN_FILES = 20;

/** What a folder holds, as people read it. */
export function reportText(report: FolderReport): string {
  const { participants, labels, sampleRatesHz, leftOut, layout, manifest } = report;
  const recordings = participants.reduce((sum, each) => sum + each.recordings, 0);
  const rates = sampleRatesHz.length === 0 ? 'sampling rate not said' : `${sampleRatesHz.join(', ')} Hz`;
  const header = ['participant', 'recordings', 'test', 'samples', 'shortest', 'longest', 'labels'];
  const rows = participants.map((each) => [
    each.id,
    String(each.recordings),
    String(each.testRecordings),
    String(each.samples),
    String(each.shortestSamples),
    String(each.longestSamples),
    String(Object.keys(each.labels).length),
  ]);
  const lines = [
    `${participants.length} participants, ${recordings} recordings, ${rates}`,
    `labels: ${labels.join(', ')}`,
    table([header, ...rows]),
  ];
  if (leftOut.length > 0) {
    const more = leftOut.length > SHOWN_FILES ? ', …' : '';
    lines.push(
      `${leftOut.length} recordings are in no row: ${leftOut.slice(0, SHOWN_FILES).join(', ')}${more}`,
    );
  }
  if (manifest === 'written') lines.push(`manifest.csv has been written, from the layout ${layout}`);
  if (manifest === 'not-written') lines.push('no manifest.csv has been written');
  return lines.join('\n');
}

/** @throws CodedError `E_INVALID_RECORDING` with every fault, if there is one. */
export function refuseFaults({ folder, faults }: FolderReport): void {
  if (faults.length === 0) return;
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  throw new CodedError('E_INVALID_RECORDING', `the recordings in ${folder} have ${count}`, { faults });
}
