import type { Problem } from '../../openapi/schemas.ts';
import { CodedError, isErrorCode } from '../../runtime/errors.ts';

/**
 * The failure that an answer of the aggregator tells of (RFC 9457). What has no code, and any 5xx, is `E_UNREACHABLE`:
 * the same request may succeed later. `E_TOO_MANY_UPLOADS` keeps its code: who says so is there.
 * @param body the answer's text, or what was parsed from it.
 * @param retryAfterMs when to come again, if the answer says so; `patiently` reads it in the error's details.
 */
export function errorOfProblem(status: number, body: unknown, retryAfterMs?: number): CodedError {
  const problem = typeof body === 'string' ? parse(body) : (body as Partial<Problem> | undefined);
  const message = problem?.detail ?? problem?.title ?? `the aggregator answered with status ${status}`;
  const { faults = [] } = problem ?? {};
  const details = { ...problem?.details, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (isErrorCode(problem?.code) && (status < 500 || problem.code === 'E_TOO_MANY_UPLOADS')) {
    return new CodedError(problem.code, message, { faults, details });
  }
  const what = problem?.code ?? `status ${status}`;
  return new CodedError('E_UNREACHABLE', `${message} (${what})`, { details });
}

/** A request that got no answer. */
export function unreachable(cause: unknown): CodedError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner);
  return new CodedError('E_UNREACHABLE', `the aggregator does not answer: ${reason}`, { cause });
}

function parse(text: string): Partial<Problem> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Its members are read one by one, each as if it might be absent.
    return typeof value === 'object' && value !== null ? (value as Partial<Problem>) : undefined;
  } catch {
    return undefined; // A proxy's page, for instance; the status says enough.
  }
}
