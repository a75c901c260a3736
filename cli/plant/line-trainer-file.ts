import type { TrainerFile } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
import type { Line } from './line.ts';
import type { QueueAddress } from './start-redis.ts';

export interface LineTrainerFileOptions {
  readonly aggregator: string;
  readonly tokenFile: string;
  readonly queue?: QueueAddress;
  readonly pool: string;
  /** `opc.tcp://host:port` of the line. */
  readonly endpoint: string;
  readonly machines: Line['machines'];
  /** Put before the machines' ids, so that the participants of two lines have ids of their own. */
  readonly prefix?: string;
}

/** The trainer file of a pool whose participants are the machines of a simulated line. */
export function lineTrainerFile(options: LineTrainerFileOptions): TrainerFile {
  return validate('TrainerFile', lineTrainerDocument(options), 'the trainer file of the simulated line');
}

/** The same as it is written for people: what is not said has its default. */
export function lineTrainerDocument(options: LineTrainerFileOptions): object {
  const { aggregator, tokenFile, queue, pool, endpoint, machines, prefix = '' } = options;
  return {
    aggregator,
    token: { file: tokenFile },
    ...(queue === undefined
      ? {}
      : {
          queue: {
            redis: queue.url,
            ...(queue.passwordFile === undefined ? {} : { passwordFile: queue.passwordFile }),
          },
        }),
    pool: { id: pool },
    participants: machines.map(({ id, attributes, signals }) => ({
      id: `${prefix}${id}`,
      attributes: { ...attributes },
      source: {
        opcua: {
          endpoint,
          securityMode: 'SignAndEncrypt',
          trust: 'first-use',
          // A simulated machine has nothing to hide; it shows what the AAS can say of one.
          publishInterface: true,
          publishingIntervalMs: 100,
          queueSize: 200,
          signals: { ...signals },
        },
      },
    })),
  };
}
