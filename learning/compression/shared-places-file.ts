import type { SpoolFiles } from '../aggregation/fold/spool-files.ts';
import type { Codec } from './codec.ts';
import { type SharedKey, sharedStream } from './compressed-file.ts';

/** The shared places of rounds, each drawn and written once, when they are first asked for. */
export class SharedPlacesFile {
  readonly #files: SpoolFiles;
  readonly #scratch: (bytes: number) => string;
  readonly #known = new Map<string, string>();

  /** @param scratch makes a file of so many bytes and gives its path. */
  constructor(files: SpoolFiles, scratch: (bytes: number) => string) {
    this.#files = files;
    this.#scratch = scratch;
  }

  /** @returns the path of the places of that tensor, ascending 32-bit integers from the file's first byte on. */
  of(name: string, length: number, codec: Codec, shared: SharedKey): string {
    const key = `${shared.round}/${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (codec.sharedPlaces === undefined) throw new RangeError(`${codec.spec.key} shares no places`);
    const places = codec.sharedPlaces(length, sharedStream(shared, name));
    const view = new DataView(new ArrayBuffer(places.byteLength));
    places.forEach((place, index) => {
      view.setUint32(index * 4, place, true);
    });
    const path = this.#scratch(places.byteLength);
    this.#files.write(path, 0, new Uint8Array(view.buffer));
    this.#known.set(key, path);
    return path;
  }
}
