import { dirname, resolve } from 'node:path';
import type { OpcuaSource, TrainerFile } from './schemas.ts';

type Participant = TrainerFile['participants'][number];
type Secret = NonNullable<TrainerFile['token']>;

/** Makes the paths of a trainer file absolute; in the file they are relative to its own folder. */
export function withAbsolutePaths(trainer: TrainerFile, file: string): TrainerFile {
  const folder = dirname(resolve(file));
  const absolute = (path: string) => resolve(folder, path);
  const participant = (one: Participant): Participant => {
    const { opcua, line, folder: recordings } = one.source;
    return {
      ...one,
      ...(one.labels === undefined ? {} : { labels: { ...one.labels, file: absolute(one.labels.file) } }),
      source: {
        ...(opcua === undefined ? {} : { opcua: sourceWithAbsolutePaths(opcua, file) }),
        ...(line === undefined ? {} : { line: absolute(line) }),
        ...(recordings === undefined ? {} : { folder: { ...recordings, path: absolute(recordings.path) } }),
      },
    };
  };
  const { token, queue, certificate, pool } = trainer;
  return {
    ...trainer,
    ...(token === undefined ? {} : { token: withAbsoluteFile(token, folder) }),
    ...(certificate === undefined
      ? {}
      : { certificate: { file: absolute(certificate.file), keyFile: absolute(certificate.keyFile) } }),
    ...(queue?.passwordFile === undefined
      ? {}
      : { queue: { ...queue, passwordFile: absolute(queue.passwordFile) } }),
    ...(pool.models === undefined ? {} : { pool: { ...pool, models: absolute(pool.models) } }),
    participants: trainer.participants.map(participant),
  };
}

/** Makes the paths of an OPC UA source absolute, wherever in it a `{ file }` stands. @param file where it was read */
export function sourceWithAbsolutePaths(source: OpcuaSource, file: string): OpcuaSource {
  if (source.user === undefined) return source;
  const folder = dirname(resolve(file));
  const user = Object.entries(source.user).map(([key, value]) => [
    key,
    isSecret(value) ? withAbsoluteFile(value, folder) : value,
  ]);
  // The same keys with values of the same types.
  return { ...source, user: Object.fromEntries(user) as NonNullable<OpcuaSource['user']> };
}

function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && ('file' in value || 'environment' in value);
}

function withAbsoluteFile(source: Secret, folder: string): Secret {
  return 'file' in source && source.file !== undefined
    ? { ...source, file: resolve(folder, source.file) }
    : source;
}
