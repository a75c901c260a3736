import type { Request } from 'express';
import { validate } from '../../../openapi/validate.ts';
import { CodedError, type Fault, toCodedError } from '../../../runtime/errors.ts';
import type { RoundKey } from '../store/round-table.ts';
import { parameter } from './parameter.ts';

/** Path of the one operation that every participant calls in every round. */
export const UPDATE_PATH = '/api/runs/:runId/rounds/:round/attempts/:roundAttempt/updates/:participantId';

/** Whether a path is of that form. */
export function isUpdatePath(path: string): boolean {
  return /^\/api\/runs\/[^/]+\/rounds\/[^/]+\/attempts\/[^/]+\/updates\/[^/]+$/.test(path);
}

/**
 * Checks a `putUpdate` request against the description's schemas. The general validator tries every path of the
 * description for each request, which would take a tenth of a round's time.
 * @throws CodedError `E_INVALID_INPUT` with every fault.
 */
export function readUpdateRequest(request: Request): { key: RoundKey; participant: string; sha256: string } {
  const faults: Fault[] = [];
  const text = (path: string, schema: 'RunId' | 'ChosenId' | 'Sha256', value: unknown): string => {
    try {
      return validate(schema, value, path);
    } catch (thrown) {
      const { faults: found, message } = toCodedError(thrown);
      faults.push({ path: `/${path}`, message: found[0]?.message ?? message });
      return '';
    }
  };
  const integer = (path: string): number => {
    const value = parameter(request, path);
    if (!/^[1-9]\d{0,8}$/.test(value))
      faults.push({ path: `/${path}`, message: 'must be an integer from 1' });
    return Number(value);
  };
  const key = {
    run: text('runId', 'RunId', parameter(request, 'runId')),
    round: integer('round'),
    roundAttempt: integer('roundAttempt'),
  };
  const participant = text('participantId', 'ChosenId', parameter(request, 'participantId'));
  const sha256 = text('x-content-sha256', 'Sha256', request.headers['x-content-sha256']);
  if (request.is('application/octet-stream') === false) {
    faults.push({ path: '/content-type', message: 'must be application/octet-stream' });
  }
  if (faults.length > 0) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
    throw new CodedError('E_INVALID_INPUT', `the request has ${count}`, { faults });
  }
  return { key, participant, sha256 };
}
