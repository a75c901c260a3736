import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler } from 'express';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { JsonObject } from '../../model.ts';

/** The body of every refusal (IDTA-01002, Result): one message, with the code of our table in `code`. */
export function resultBody(error: CodedError): JsonObject {
  const faults = error.faults.map((fault) => `${fault.path}: ${fault.message}`).join('; ');
  const inText = error.message.includes(faults);
  return {
    messages: [
      {
        code: error.code,
        correlationId: randomUUID(),
        messageType: error.status >= 500 ? 'Exception' : 'Error',
        text: inText ? error.message : `${error.message} (${faults})`,
        timestamp: new Date().toISOString(),
      },
    ],
  };
}

/** Errors that express and its body reader throw carry the status of a refusal. */
function refusalOf(thrown: unknown): { readonly error: CodedError; readonly status: number } {
  const error = toCodedError(thrown);
  const { status, type } = thrown as { status?: unknown; type?: unknown };
  if (thrown instanceof CodedError || typeof status !== 'number' || status < 400 || status >= 500) {
    return { error, status: error.status };
  }
  const message = type === 'entity.parse.failed' ? 'the body is not JSON' : error.message;
  return { error: new CodedError('E_INVALID_INPUT', message, { cause: thrown }), status };
}

/** Turns every error into a Result body. */
export function answerError(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const { error, status } = refusalOf(thrown);
    if (status >= 500 && error.code !== 'E_AAS_NOT_BUILT') {
      log.error({ event: 'aas.request.failed', method: request.method, path: request.path, err: error });
    }
    if (response.headersSent) {
      // Too late for an answer: express cuts the connection, so that nobody takes the part for the whole.
      next(thrown);
      return;
    }
    if (status === 401) response.set('WWW-Authenticate', 'Bearer');
    for (const header of ['Content-Disposition', 'Content-Length', 'ETag']) response.removeHeader(header);
    response.status(status).json(resultBody(error));
  };
}
