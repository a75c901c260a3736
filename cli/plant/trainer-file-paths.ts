import { dirname, resolve } from 'node:path';
import type { TrainerFile } from '../../openapi/schemas.ts';

type Participant = TrainerFile['participants'][number];
type Secret = NonNullable<TrainerFile['token']>;

/** Makes the paths of a trainer file absolute; in the file they are relative to its own folder. */
export function withAbsolutePaths(trainer: TrainerFile, file: string): TrainerFile {
  const folder = dirname(resolve(file));
  const absolute = (path: string) => resolve(folder, path);
  const secret = (source: Secret): Secret =>
    'file' in source && source.file !== undefined ? { ...source, file: absolute(source.file) } : source;
  const participant = (one: Participant): Participant => {
    const { opcua, folder: recordings } = one.source;
    return {
      ...one,
      source: {
        ...(opcua === undefined
          ? {}
          : {
              opcua:
                opcua.user === undefined
                  ? opcua
                  : { ...opcua, user: { ...opcua.user, password: secret(opcua.user.password) } },
            }),
        ...(recordings === undefined ? {} : { folder: { ...recordings, path: absolute(recordings.path) } }),
      },
    };
  };
  const { token, queue, certificate, pool } = trainer;
  return {
    ...trainer,
    ...(token === undefined ? {} : { token: secret(token) }),
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
