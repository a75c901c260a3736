import { CodedError } from '../../runtime/errors.ts';

/**
 * The result of `work`, unless it takes longer than `timeoutMs`: the library has calls that never answer.
 * @throws CodedError `E_OPCUA_UNREACHABLE` when the time is over.
 */
export async function within<Value>(work: Promise<Value>, timeoutMs: number, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new CodedError('E_OPCUA_UNREACHABLE', `${what} did not end within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
