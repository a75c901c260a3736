import type { AcceptanceSheet, Defence, SheetCell } from '../../services/trainer/acceptance-sheet.ts';
import { table } from '../terminal/table.ts';

const DEFENCE_TEXT: Readonly<Record<Defence, string>> = {
  none: '',
  randomised: ' + randomisation',
  'randomised-adaptive': ' + randomisation, attack expects it',
};

/** The sheet for people: the UAR in percent with its 95 % interval. */
export function sheetText({ rows, seed }: AcceptanceSheet): string {
  const [first] = rows;
  const head = ['UAR in %', ...(first?.cells ?? []).map(({ attack }) => attack)];
  const body = rows.map(({ model, defence, cells }) => [
    `${model}${DEFENCE_TEXT[defence]}`,
    ...cells.map(cellText),
  ]);
  const examples = first?.cells[0]?.exampleCount ?? 0;
  return [table([head, ...body]), '', `${examples} windows, 95 % intervals by bootstrap, seed ${seed}`].join(
    '\n',
  );
}

function cellText({ uar, interval }: SheetCell): string {
  return `${points(uar)} [${points(interval.low)}, ${points(interval.high)}]`;
}

function points(fraction: number): string {
  return (100 * fraction).toFixed(1);
}

/** The sheet for programs: one line a cell, fractions, recalls in the order of the classes. */
export function sheetCsv({ classes, rows }: AcceptanceSheet): string {
  const recalls = classes.map((name) => `recall ${name}`);
  const head = [
    'model',
    'sha256',
    'defence',
    'attack',
    'windows',
    'accuracy',
    'uar',
    'uar low',
    'uar high',
    ...recalls,
  ];
  const lines = rows.flatMap(({ model, sha256, defence, cells }) =>
    cells.map(({ attack, exampleCount, accuracy, uar, interval, recall }) => [
      model,
      sha256,
      defence,
      attack,
      exampleCount,
      accuracy,
      uar,
      interval.low,
      interval.high,
      ...recall.map((value) => value ?? ''),
    ]),
  );
  return [head, ...lines].map((cells) => `${cells.map(csvCell).join(',')}\n`).join('');
}

/** A cell of RFC 4180. */
function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
