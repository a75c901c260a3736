import { randomUUID } from 'node:crypto';
import type { CodedError } from '../../../runtime/errors.ts';
import type { EndState, OperationMessage, OperationOutcome } from './operation-runner.ts';

/** The outcome of an operation that failed inside: the request itself went well (IDTA-01002, invoke). */
export function failureOutcome(error: CodedError): OperationOutcome {
  const states: Partial<Record<CodedError['code'], EndState>> = {
    E_ABORTED: 'Canceled',
    E_OPERATION_TIMEOUT: 'Timeout',
  };
  return { executionState: states[error.code] ?? 'Failed', messages: [messageOf(error)] };
}

function messageOf(error: CodedError): OperationMessage {
  const faults = error.faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return {
    code: error.code,
    correlationId: randomUUID(),
    messageType: error.status >= 500 ? 'Exception' : 'Error',
    text: faults === '' || error.message.includes(faults) ? error.message : `${error.message} (${faults})`,
    timestamp: new Date().toISOString(),
  };
}
