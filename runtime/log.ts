import pino from 'pino';

/** One event a line as JSON on stderr; ids are fields. Never samples, weights or secrets. */
export type Log = pino.Logger;

/**
 * The log of a process.
 * @param name the process or service, the field `name` of every line.
 * @param level lowest level that is written; `FEDSHELL_LOG_LEVEL` by default, else `info`.
 */
export function createLog(name: string, level = process.env['FEDSHELL_LOG_LEVEL'] ?? 'info'): Log {
  return pino({ name, level, base: { name, pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
}

/** A log that writes nothing, for tests and libraries that were given none. */
export const silentLog: Log = pino({ level: 'silent' });
