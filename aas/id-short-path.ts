import { CodedError } from '../runtime/errors.ts';

/** One step of an idShortPath: a child by its idShort, or an entry of a list by its index. */
export type PathStep = { readonly idShort: string } | { readonly index: number };

const STEP = /(?:^|(?<=.)\.)([a-zA-Z](?:[a-zA-Z0-9_-]*[a-zA-Z0-9_])?)|\[(0|[1-9][0-9]{0,8})\]/y;

/**
 * Splits a path such as `Storage.Files[2].Name` into its steps (IDTA-01002, idShortPath).
 * @throws CodedError `E_INVALID_INPUT` if it is none.
 */
export function parseIdShortPath(path: string): readonly PathStep[] {
  const steps: PathStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null || (steps.length === 0 && match[1] === undefined)) {
      throw new CodedError('E_INVALID_INPUT', `"${path}" is not an idShortPath`);
    }
    steps.push(match[1] === undefined ? { index: Number(match[2]) } : { idShort: match[1] });
  }
  if (steps.length === 0) throw new CodedError('E_INVALID_INPUT', 'the idShortPath is empty');
  return steps;
}

/** The path of a step below `parent`; the empty parent is the submodel itself. */
export function joinPath(parent: string, step: PathStep): string {
  if ('index' in step) return `${parent}[${step.index}]`;
  return parent === '' ? step.idShort : `${parent}.${step.idShort}`;
}

/** The path above and the last step of a path that has been checked. */
export function splitPath(path: string): { readonly parent: string; readonly step: PathStep } {
  const steps = parseIdShortPath(path);
  const step = steps.at(-1);
  if (step === undefined) throw new RangeError('a path has at least one step');
  return { parent: steps.slice(0, -1).reduce(joinPath, ''), step };
}
