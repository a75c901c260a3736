import { type LoadedTrainerFile, readTrainerFile } from '../../openapi/read-trainer-file.ts';
import type { OpcuaSource, TrainerFile } from '../../openapi/schemas.ts';
import { canonicalJson } from '../../runtime/canonical-json.ts';
import { describeError, toCodedError } from '../../runtime/errors.ts';
import { FileWatch } from '../../runtime/file-watch.ts';

interface FollowedTrainerFileOptions {
  readonly file: string;
  /** Told in words what became of a change. */
  readonly report: (text: string) => void;
}

/** A trainer file that somebody may change while its processes run; a change that cannot be used leaves the last one. */
export class FollowedTrainerFile {
  readonly #options: FollowedTrainerFileOptions;
  readonly #watch: FileWatch;
  #loaded: LoadedTrainerFile;
  #changed: (trainer: TrainerFile, concernsTrainer: boolean) => Promise<void> = async () => undefined;
  #work: Promise<void> = Promise.resolve();

  private constructor(options: FollowedTrainerFileOptions, loaded: LoadedTrainerFile) {
    this.#options = options;
    this.#loaded = loaded;
    this.#watch = new FileWatch(() => {
      this.#work = this.#work.then(() => this.#reload());
    });
  }

  /** Reads the file. @throws CodedError as `readTrainerFile` does */
  static async open(options: FollowedTrainerFileOptions): Promise<FollowedTrainerFile> {
    return new FollowedTrainerFile(options, await readTrainerFile(options.file));
  }

  /** What the file said when it could last be used. */
  get trainer(): TrainerFile {
    return this.#loaded.trainer;
  }

  /**
   * Begins to watch the file and its line files.
   * @param changed told of each usable change, and whether more changed than how the machines are reached.
   */
  follow(changed: (trainer: TrainerFile, concernsTrainer: boolean) => Promise<void>): void {
    this.#changed = changed;
    this.#watch.watch(this.#loaded.files);
  }

  close(): void {
    this.#watch.close();
  }

  async #reload(): Promise<void> {
    const { file, report } = this.#options;
    try {
      const loaded = await readTrainerFile(file);
      const before = this.#loaded.trainer;
      if (loaded.trainer.pool.id !== before.pool.id) {
        report(`${file} names another pool now; the change counts after a new start`);
        return;
      }
      this.#loaded = loaded;
      this.#watch.watch(loaded.files);
      if (canonicalJson(before) === canonicalJson(loaded.trainer)) return;
      report(`${file} has changed and is in use`);
      const concernsTrainer = canonicalJson(forTrainer(before)) !== canonicalJson(forTrainer(loaded.trainer));
      await this.#changed(loaded.trainer, concernsTrainer);
    } catch (thrown) {
      report(`the change is not in use: ${describeError(toCodedError(thrown))}`);
    }
  }
}

/** A trainer file without what only the collector needs. */
function forTrainer({ collector: _, participants, ...others }: TrainerFile): object {
  return {
    ...others,
    participants: participants.map((participant) => {
      const { opcua } = participant.source;
      return opcua === undefined ? participant : { ...participant, source: { opcua: seenByTrainer(opcua) } };
    }),
  };
}

/** Of a machine whose interface is published, the trainer tells how it is reached. */
function seenByTrainer(source: OpcuaSource): object {
  const { signals, groups, publishInterface, publishingIntervalMs } = source;
  return publishInterface === true ? source : { signals, groups, publishingIntervalMs };
}
