import { sweepBackend } from './gradients/sweep-backend.ts';
import { sweptBackends } from './gradients/swept-backends.ts';
import { note, printFigure } from './support/figure.ts';

/**
 * Compares the gradients of all differentiable operations that networks are made of on each backend that is here with
 * those of the `cpu` backend: the largest difference over the largest value, as a table on stderr.
 */
export async function run(): Promise<void> {
  const columns = new Map<string, ReadonlyMap<string, number>>();
  for (const { name, plan, absent } of sweptBackends()) {
    if (plan === undefined) {
      note(`gradients: ${name} is not here: ${absent}`);
      continue;
    }
    const swept = await sweepBackend(plan);
    const refused = swept.filter(({ refusal }) => refusal !== undefined);
    for (const { operation, refusal } of refused) note(`gradients: ${name} refuses ${operation}: ${refusal}`);
    columns.set(name, new Map(swept.map(({ operation, difference }) => [operation, difference])));
    const differences = swept.filter((each) => !refused.includes(each)).map(({ difference }) => difference);
    const settings = { operations: differences.length, refused: refused.length };
    const value = Math.max(...differences);
    printFigure({ name: `gradients/${name.replaceAll(' ', '-')}`, value, unit: 'relative', ...settings });
  }
  note(table(columns));
}

function table(columns: ReadonlyMap<string, ReadonlyMap<string, number>>): string {
  const operations = [...(columns.values().next().value?.keys() ?? [])];
  const lines = [
    ['operation', ...columns.keys()],
    ['---', ...[...columns.keys()].map(() => '---')],
    ...operations.map((operation) => [
      operation,
      ...[...columns.values()].map((swept) => cellText(swept.get(operation))),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellText(difference: number | undefined): string {
  if (difference === undefined) return '';
  return Number.isFinite(difference) ? difference.toExponential(1) : 'refused';
}
