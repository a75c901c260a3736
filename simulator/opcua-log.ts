import { setDebugLogger, setErrorLogger, setWarningLogger } from 'node-opcua';
import type { Log } from '../runtime/log.ts';

/** Sends what node-opcua would write to stdout, which belongs to the commands' answers, to the log at level debug. */
export function logLibraryTo(log: Log): void {
  const write = (_caller: unknown, ...parts: unknown[]) => {
    log.debug({ event: 'opcua.library' }, parts.map(String).join(' '));
  };
  setDebugLogger(write);
  setWarningLogger(write);
  setErrorLogger(write);
}
