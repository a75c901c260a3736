import { setDebugLogger, setErrorLogger, setWarningLogger } from 'node-opcua-client';
import type { Log } from '../../runtime/log.ts';

let sink: Log | undefined;

/**
 * node-opcua writes its warnings to stdout, which belongs to the command line's answers. From the moment this module
 * is loaded they go to the given log at level debug, or nowhere.
 */
export function logLibraryTo(log: Log): void {
  sink = log;
}

function write(_caller: unknown, ...parts: unknown[]): void {
  sink?.debug({ event: 'opcua.library' }, parts.map(String).join(' '));
}

setDebugLogger(write);
setWarningLogger(write);
setErrorLogger(write);
