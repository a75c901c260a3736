import { CodedError } from '../../runtime/errors.ts';

/**
 * The failure of one recording.
 * @param file path of the recording, for the reader of the message.
 * @param line line in that file, from 1; that of the manifest for a fault of the file as a whole.
 */
export function invalidRecording(file: string, line: number, message: string): CodedError {
  return new CodedError('E_INVALID_RECORDING', `the recording ${file} cannot be used`, {
    faults: [{ path: file, line, message }],
  });
}
