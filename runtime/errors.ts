/**
 * Every failure that a caller may handle has a code. This is the one table of codes; `docs/errors.md` gives the remedy
 * of each, and a test holds the two together.
 */

/** What a code implies wherever it surfaces. */
interface ErrorKind {
  /** HTTP status of the answer that carries it. */
  readonly status: number;
  /** Whether the same call may succeed later without anybody changing its input. */
  readonly retryable: boolean;
}

const ERROR_KINDS = {
  // Files and settings that a person writes
  E_INVALID_INPUT: { status: 400, retryable: false },
  E_UNKNOWN_MODEL: { status: 400, retryable: false },
  E_UNKNOWN_STRATEGY: { status: 400, retryable: false },
  E_PIPELINE_REFUSED: { status: 400, retryable: false },
  E_UNKNOWN_FEATURE: { status: 400, retryable: false },
  E_FILE_NOT_FOUND: { status: 400, retryable: false },
  E_NO_MANIFEST: { status: 400, retryable: false },
  E_INVALID_MANIFEST: { status: 400, retryable: false },
  E_INVALID_RECORDING: { status: 400, retryable: false },
  E_LICENCE_NOT_ACCEPTED: { status: 403, retryable: false },
  E_DOWNLOAD_FAILED: { status: 502, retryable: true },
  // This machine
  E_STATE_IN_USE: { status: 503, retryable: true },
  E_STATE_MISMATCH: { status: 409, retryable: false },
  E_FOLDER_UNUSABLE: { status: 500, retryable: false },
  E_PORT_IN_USE: { status: 503, retryable: true },
  E_DISK_FULL: { status: 507, retryable: true },
  E_HOST_WITHOUT_TOKEN: { status: 400, retryable: false },
  E_NOT_BUILT: { status: 500, retryable: false },
  E_PROCESS_FAILED: { status: 500, retryable: true },
  E_SETUP_FAILED: { status: 500, retryable: false },
  // Redis
  E_NO_REDIS: { status: 503, retryable: false },
  E_REDIS_UNREACHABLE: { status: 503, retryable: true },
  E_REDIS_CONFIGURATION: { status: 503, retryable: false },
  E_JOB_TOO_LARGE: { status: 413, retryable: false },
  // Who may do what
  E_UNAUTHORIZED: { status: 401, retryable: false },
  E_TOKEN_REFUSED: { status: 401, retryable: false },
  E_FORBIDDEN: { status: 403, retryable: false },
  E_FOREIGN_HOST: { status: 403, retryable: false },
  E_FOREIGN_ORIGIN: { status: 403, retryable: false },
  E_NOT_APPROVED: { status: 403, retryable: true },
  // Things of the API
  E_NOT_FOUND: { status: 404, retryable: false },
  E_ALREADY_EXISTS: { status: 409, retryable: false },
  E_PARTICIPANT_TAKEN: { status: 409, retryable: false },
  E_WRONG_STATE: { status: 409, retryable: false },
  E_UNREACHABLE: { status: 502, retryable: true },
  // Updates
  E_UPDATE_TRUNCATED: { status: 400, retryable: true },
  E_UPDATE_MALFORMED: { status: 400, retryable: false },
  E_UPDATE_HASH: { status: 400, retryable: true },
  E_UPDATE_SHAPES: { status: 400, retryable: false },
  E_UPDATE_NOT_FINITE: { status: 400, retryable: false },
  E_UPDATE_NORM: { status: 400, retryable: false },
  E_UPDATE_OUT_OF_RANGE: { status: 400, retryable: false },
  E_MALFORMED_PARTIAL_SUM: { status: 400, retryable: false },
  E_UPDATE_BASE: { status: 409, retryable: false },
  E_UPDATE_STALE: { status: 409, retryable: false },
  E_UPDATE_TOO_LARGE: { status: 413, retryable: false },
  E_TOO_MANY_UPLOADS: { status: 503, retryable: true },
  E_ROUND_CLOSED: { status: 409, retryable: false },
  E_ALREADY_CONTRIBUTED: { status: 409, retryable: false },
  E_NOT_IN_COHORT: { status: 403, retryable: false },
  E_QUORUM_MISSED: { status: 409, retryable: false },
  // Training
  E_NUMERICS_MISMATCH: { status: 409, retryable: false },
  E_BACKEND_UNAVAILABLE: { status: 409, retryable: false },
  E_NO_GPU: { status: 409, retryable: false },
  E_TOO_FEW_EXAMPLES: { status: 409, retryable: true },
  E_NOT_READY: { status: 409, retryable: true },
  E_TRAINING_FAILED: { status: 500, retryable: true },
  E_OUT_OF_MEMORY: { status: 500, retryable: true },
  E_STATE_LOST: { status: 409, retryable: false },
  E_TRAINING_DIVERGED: { status: 500, retryable: false },
  E_ABORTED: { status: 409, retryable: false },
  // Machines
  E_OPCUA_UNREACHABLE: { status: 502, retryable: true },
  E_OPCUA_SECURITY: { status: 502, retryable: false },
  E_OPCUA_UNTRUSTED: { status: 502, retryable: false },
  E_OPCUA_EXPIRED: { status: 502, retryable: false },
  E_OPCUA_HOSTNAME: { status: 502, retryable: false },
  E_OPCUA_NODE: { status: 502, retryable: false },
  E_LINE_MISMATCH: { status: 409, retryable: false },
  E_OPCUA_REVISED: { status: 502, retryable: false },
  // Model files and the AAS
  E_MALFORMED_SAFETENSORS: { status: 400, retryable: false },
  E_HASH_MISMATCH: { status: 502, retryable: true },
  E_AAS_REQUEST: { status: 502, retryable: true },
  E_AAS_NOT_FOUND: { status: 404, retryable: false },
  E_AAS_WRONG_METHOD: { status: 405, retryable: false },
  E_PRECONDITION_FAILED: { status: 412, retryable: false },
  E_AAS_NOT_BUILT: { status: 501, retryable: false },
  E_AASX_REFUSED: { status: 400, retryable: false },
  E_AAS_FINDINGS: { status: 409, retryable: false },
  E_OPERATION_TIMEOUT: { status: 504, retryable: true },
  E_BUSY: { status: 503, retryable: true },
  E_RUN_FAILED: { status: 500, retryable: false },
  E_INTERNAL: { status: 500, retryable: true },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** All codes, in the order of the table. */
export const ERROR_CODES = Object.keys(ERROR_KINDS) as ErrorCode[];

/** One fault of an input: where it stands and what was expected there. */
export interface Fault {
  /** JSON pointer or tensor name; empty for the whole. */
  readonly path: string;
  /** Line in the file, from 1, where the input has lines. */
  readonly line?: number;
  readonly message: string;
}

interface CodedErrorOptions {
  readonly cause?: unknown;
  /** All faults of the input, not just the first. */
  readonly faults?: readonly Fault[];
  /** Machine-readable facts for the caller, such as the accepted sha256 of a 409. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A failure with a code. The message names the thing and the expectation, never a secret or a sample. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.faults = options.faults ?? [];
    this.details = options.details ?? {};
  }

  /** HTTP status that belongs to the code. */
  get status(): number {
    return ERROR_KINDS[this.code].status;
  }

  get retryable(): boolean {
    return ERROR_KINDS[this.code].retryable;
  }
}

/** Whether `code` is one of the table, for values that came over a wire. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_KINDS, code);
}

const CODES_OF_THE_SYSTEM: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'E_DISK_FULL',
  EDQUOT: 'E_DISK_FULL',
  EADDRINUSE: 'E_PORT_IN_USE',
  SQLITE_FULL: 'E_DISK_FULL',
};

/** Gives what was thrown a code: its own, the one of a known system error (disk full, port in use), else `E_INTERNAL`. */
export function toCodedError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const systemCode = (thrown as { code?: unknown } | null)?.code;
  const code = (typeof systemCode === 'string' && CODES_OF_THE_SYSTEM[systemCode]) || 'E_INTERNAL';
  return new CodedError(code, message, { cause: thrown });
}

/** The text of a failure for a person: one sentence, its code and its faults; no stack. */
export function describeError(error: CodedError): string {
  const faults = error.faults.map((fault) => {
    const line = fault.line === undefined ? '' : `line ${fault.line}: `;
    return `\n  ${line}${fault.path === '' ? '' : `${fault.path}: `}${fault.message}`;
  });
  return `${error.code}: ${error.message}${faults.join('')}`;
}
