import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import type { ShellDescriptor, SubmodelDescriptor } from '../../model.ts';
import { withMetamodelLiterals } from './literal-spelling.ts';

/** @param id that of the path, which the descriptor must have. @throws CodedError `E_INVALID_INPUT` */
export function checkShellDescriptor(value: unknown, id?: string): ShellDescriptor {
  // Checked just here.
  const descriptor = checkModel(
    withMetamodelLiterals(value),
    'ShellDescriptor',
  ) as unknown as ShellDescriptor;
  requireId(descriptor.id, id);
  return descriptor;
}

/** @param id that of the path, which the descriptor must have. @throws CodedError `E_INVALID_INPUT` */
export function checkSubmodelDescriptor(value: unknown, id?: string): SubmodelDescriptor {
  // Checked just here.
  const descriptor = checkModel(
    withMetamodelLiterals(value),
    'SubmodelDescriptor',
  ) as unknown as SubmodelDescriptor;
  requireId(descriptor.id, id);
  return descriptor;
}

function requireId(found: string, expected: string | undefined): void {
  if (expected !== undefined && found !== expected) {
    throw new CodedError('E_INVALID_INPUT', `the descriptor must have the id ${expected} of its path`);
  }
}
