import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import type { Problem } from '../../../openapi/schemas.ts';
import { CodedError, type Fault, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';

/** What middleware throws that is not ours: the request validator, the JSON parser, express itself. */
interface HttpFailure extends Error {
  readonly status: number;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** Answers every failure as a problem document (RFC 9457) with its code. */
export function answerProblems(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = isHttpFailure(thrown) ? fromHttp(thrown) : toCodedError(thrown);
    const status = isHttpFailure(thrown) ? thrown.status : error.status;
    // One of these a second from each of a large cohort is no failure.
    if (status >= 500 && error.code !== 'E_TOO_MANY_UPLOADS') {
      log.error({
        event: 'request.failed',
        method: request.method,
        path: request.path,
        code: error.code,
        err: thrown,
      });
    }
    if (response.headersSent) response.destroy();
    else sendProblem(response, status, error);
  };
}

function sendProblem(response: Response, status: number, error: CodedError): void {
  const problem: Problem = {
    type: `urn:fedshell:error:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    // What only our log should show does not go out.
    detail: error.code === 'E_INTERNAL' ? 'an unexpected failure; the log has more' : error.message,
    code: error.code,
    ...(error.faults.length > 0 && { faults: [...error.faults] }),
    ...(Object.keys(error.details).length > 0 && { details: { ...error.details } }),
  };
  if (status === 503) response.set('Retry-After', String(error.details['retryAfterSeconds'] ?? 1));
  // A body that was not read to its end must not be taken for the next request.
  if (!response.req.complete) response.set('Connection', 'close');
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

function isHttpFailure(thrown: unknown): thrown is HttpFailure {
  if (!(thrown instanceof Error) || thrown instanceof CodedError) return false;
  const status = 'status' in thrown ? thrown.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500;
}

function fromHttp(failure: HttpFailure): CodedError {
  const faults: Fault[] = (failure.errors ?? []).map(({ path, message }) => ({
    path: path.replace(/^\/(body|query|params|headers)(?=\/|$)/, ''),
    message,
  }));
  if (failure.status === 404) return new CodedError('E_NOT_FOUND', 'there is nothing under this path');
  const code = failure.status === 401 ? 'E_UNAUTHORIZED' : 'E_INVALID_INPUT';
  const message =
    faults.length === 0
      ? failure.message
      : `the request has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`;
  return new CodedError(code, message, { faults });
}
