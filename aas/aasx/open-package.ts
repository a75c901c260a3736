import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { CodedError } from '../../runtime/errors.ts';

/** What a package may ask of this machine. */
export interface PackageLimits {
  /** Longest part, unpacked. */
  readonly partBytes: number;
  /** Longest part that holds a model, which is read into memory. */
  readonly modelBytes: number;
  /** All parts together, unpacked. */
  readonly totalBytes: number;
}

export const PACKAGE_LIMITS: PackageLimits = {
  partBytes: 1024 ** 3,
  modelBytes: 256 * 1024 ** 2,
  totalBytes: 16 * 1024 ** 3,
};

const MOST_PARTS = 20_000;
/** Parts that unpack to more than this many times their size are no documents: deflate reaches 1032. */
const HIGHEST_RATIO = 250;
/** Below this size a high ratio does no harm. */
const HARMLESS_BYTES = 64 * 1024 ** 2;

/** The parts of a package, by name. Only the directory is read at first; a part is streamed when it is asked for. */
export class OpenPackage {
  readonly #zip: ZipFile;
  /** By lower-case name: the names of parts do not differ by case alone. */
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.#entries = entries;
  }

  /** @throws CodedError `E_AASX_REFUSED` for what is no package, or one that would harm */
  static async open(file: string, limits: PackageLimits): Promise<OpenPackage> {
    const zip = await openZip(file);
    try {
      return new OpenPackage(zip, await readDirectory(zip, limits));
    } catch (thrown) {
      zip.close();
      throw thrown;
    }
  }

  /** The part of a name, as it is or percent-decoded; undefined if there is none. */
  find(name: string): { readonly name: string; readonly bytes: number } | undefined {
    const entry = this.#entry(name);
    return entry === undefined ? undefined : { name: entry.fileName, bytes: entry.uncompressedSize };
  }

  /** Streams a part. @throws CodedError `E_AASX_REFUSED` if there is none, or it cannot be unpacked */
  async *read(name: string): AsyncGenerator<Buffer> {
    const entry = this.#entry(name);
    if (entry === undefined) throw new CodedError('E_AASX_REFUSED', `the package has no part ${name}`);
    try {
      const stream = await this.#zip.openReadStreamPromise(entry);
      // Streams of a zip entry give buffers.
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (thrown) {
      throw unreadable(`the part ${name} cannot be unpacked`, thrown);
    }
  }

  close(): void {
    this.#zip.close();
  }

  #entry(name: string): Entry | undefined {
    return this.#entries.get(name.toLowerCase()) ?? this.#entries.get(decoded(name).toLowerCase());
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // A percent sign of its own: the name is meant as it stands.
    return name;
  }
}

async function openZip(file: string): Promise<ZipFile> {
  try {
    return await openPromise(file, { autoClose: false });
  } catch (thrown) {
    throw unreadable('the file is no AASX package', thrown);
  }
}

/** Reads the directory. Names that lead out of the package are refused by the reader of the zip. */
async function readDirectory(zip: ZipFile, limits: PackageLimits): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  const sizes = { bytes: 0, packedBytes: 0, fileBytes: zip.fileSize };
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      const key = entry.fileName.toLowerCase();
      sizes.bytes += entry.uncompressedSize;
      sizes.packedBytes += entry.compressedSize;
      const refusal =
        (entries.has(key) ? `the part ${entry.fileName} is there twice` : undefined) ??
        (entries.size >= MOST_PARTS ? `the package has more than ${MOST_PARTS} parts` : undefined) ??
        refusalOfEntry(entry, limits) ??
        refusalOfSizes(sizes, limits);
      if (refusal !== undefined) throw new CodedError('E_AASX_REFUSED', refusal);
      entries.set(key, entry);
    }
  } catch (thrown) {
    throw unreadable('the package cannot be read', thrown);
  }
  return entries;
}

function refusalOfEntry(entry: Entry, limits: PackageLimits): string | undefined {
  if (entry.isEncrypted()) return `the part ${entry.fileName} is encrypted`;
  if (entry.uncompressedSize <= limits.partBytes) return undefined;
  return `the part ${entry.fileName} unpacks to more than ${limits.partBytes} bytes`;
}

function refusalOfSizes(
  sizes: { readonly bytes: number; readonly packedBytes: number; readonly fileBytes: number },
  limits: PackageLimits,
): string | undefined {
  const { bytes, packedBytes, fileBytes } = sizes;
  if (bytes > limits.totalBytes) return `the package unpacks to more than ${limits.totalBytes} bytes`;
  if (bytes > HARMLESS_BYTES && bytes > packedBytes * HIGHEST_RATIO) {
    return `the package unpacks to more than ${HIGHEST_RATIO} times its size`;
  }
  // Parts that share bytes unpack one small piece many times.
  return packedBytes > fileBytes ? 'parts of the package overlap' : undefined;
}

function unreadable(message: string, thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const detail = thrown instanceof Error ? `: ${thrown.message}` : '';
  return new CodedError('E_AASX_REFUSED', `${message}${detail}`, { cause: thrown });
}
