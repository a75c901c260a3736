import { createHash, type X509Certificate } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Schemas } from '../../openapi/schemas.ts';
import { syncFolder } from '../../runtime/sync-file.ts';
import { writeFileWhole } from '../../runtime/write-file-whole.ts';
import { fingerprintOf, pemBlocks, readCertificates } from './certificate.ts';
import type { Decision, TrustLists } from './certificate-faults.ts';
import { RevocationList } from './revocation-list.ts';

/** Folders of the lists, as OPC UA stacks lay them out. */
const FOLDERS = {
  trusted: 'trusted/certs',
  rejected: 'rejected',
  issuers: 'issuers/certs',
} as const;
const REVOCATION_FOLDERS = ['trusted/crl', 'issuers/crl'];

export type ListName = keyof typeof FOLDERS;
export type Refusal = Schemas['CertificateRefusal'];

/** Servers that show a new certificate at every attempt must not fill the disk. */
const MOST_REJECTED = 200;
/** Nor may one of them push out what others showed. */
const MOST_REJECTED_AN_ENDPOINT = 3;

/**
 * The trust lists of a PKI folder, as plain files: a person may move them by hand, and the next decision sees it. It
 * needs no OPC UA library. Who trusted what, and when, is in `decisions/` and, for ever, in `decisions.jsonl`.
 */
export class TrustFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Path of the folder of a list. */
  path(list: ListName): string {
    return join(this.folder, FOLDERS[list]);
  }

  /** Everything that decisions are made from, as it is now. */
  async lists(): Promise<TrustLists> {
    const [trusted, issuers, revocationLists, decisions] = await Promise.all([
      this.certificates('trusted'),
      this.certificates('issuers'),
      this.#revocationLists(),
      this.decisions(),
    ]);
    return { trusted, issuers, revocationLists, decisions };
  }

  /** The certificates of a list; what cannot be read as one is left out. */
  async certificates(list: ListName): Promise<X509Certificate[]> {
    return [...(await this.#files(list)).values()];
  }

  /**
   * Puts a certificate into a list and takes it out of the others, safe from a power cut: what a person decides. Whoever
   * else decides at the same time, it is in a list at every moment, and in one at the end.
   * @returns the path of its file there.
   */
  async move(certificate: X509Certificate, list: ListName): Promise<string> {
    const file = join(this.path(list), fileNameOf(certificate));
    // Both write before they look, so that one of two sees the other's.
    if ((await this.#copiesOf(certificate)).length === 0) await writeFileWhole(file, certificate.toString());
    await mkdir(this.path(list), { recursive: true, mode: 0o700 });
    for (const path of await this.#copiesOf(certificate)) {
      if (path === file) continue;
      // Renamed, it is never away; a copy that is gone was moved by somebody else.
      await rename(path, file).catch(unlessGone);
      await syncFolder(dirname(path));
    }
    await syncFolder(this.path(list));
    if (list === 'rejected') await this.#forgetOldest();
    return file;
  }

  /**
   * Keeps a certificate that a server showed and that is not trusted there, for a person to look at: the newest few of
   * an endpoint. It takes nothing out of a list, since a person may approve it at this moment.
   * @returns the path of its file; undefined for one that is in another list.
   */
  async keepRefused(certificate: X509Certificate, refusal: Refusal): Promise<string | undefined> {
    const sha256 = fingerprintOf(certificate);
    const listed = [...(await this.certificates('trusted')), ...(await this.certificates('issuers'))];
    let file: string | undefined;
    if (!listed.some(({ raw }) => raw.equals(certificate.raw))) {
      const rejected = await this.#files('rejected');
      [file] = [...rejected].find(([, { raw }]) => raw.equals(certificate.raw)) ?? [];
      file ??= join(this.path('rejected'), fileNameOf(certificate));
      if (!rejected.has(file)) await writeFileWhole(file, certificate.toString());
    }
    await this.setRefusal(sha256, refusal.endpoint, refusal);
    await this.#forgetOlderOf(refusal.endpoint, sha256);
    await this.#forgetOldest();
    return file;
  }

  /** Adds a revocation list. @returns the path of its file. */
  async addRevocationList(list: RevocationList): Promise<string> {
    const name = createHash('sha256').update(list.der).digest('hex').slice(0, 40);
    const file = join(this.folder, REVOCATION_FOLDERS[0] ?? '', `${name}.crl`);
    await writeFileWhole(file, list.der);
    return file;
  }

  /** What persons decided, by fingerprint. */
  async decisions(): Promise<Map<string, Decision>> {
    return this.#records<Decision>('decisions');
  }

  /** Notes a decision: the current one of its certificate, and a line in the log of all. */
  async note(certificate: X509Certificate, decision: Decision): Promise<void> {
    const sha256 = fingerprintOf(certificate);
    const line = JSON.stringify({ ...decision, sha256, subject: certificate.subject });
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const log = await open(join(this.folder, 'decisions.jsonl'), 'a', 0o600);
    try {
      await log.appendFile(`${line}\n`);
      await log.sync();
    } finally {
      await log.close();
    }
    await writeFileWhole(join(this.folder, 'decisions', `${sha256}.json`), JSON.stringify(decision));
  }

  /** Why connections were last refused, by fingerprint. */
  async refusals(): Promise<Map<string, Refusal[]>> {
    return this.#records<Refusal[]>('refusals');
  }

  /** Notes that a certificate is refused at an endpoint, or, without `refusal`, that it no longer is. */
  async setRefusal(sha256: string, endpoint: string, refusal: Refusal | undefined): Promise<void> {
    const file = join(this.folder, 'refusals', `${sha256}.json`);
    const before = (await readRecord<Refusal[]>(file)) ?? [];
    const same = before.find((each) => each.endpoint === endpoint);
    if (same === undefined ? refusal === undefined : same.reason === refusal?.reason) return;
    const others = before.filter((each) => each.endpoint !== endpoint);
    const after = refusal === undefined ? others : [...others, refusal].slice(-100);
    if (after.length === 0) await unlink(file).catch(() => undefined);
    else await writeFileWhole(file, JSON.stringify(after));
  }

  /** A text that changes whenever something in the folder does. */
  async revision(): Promise<string> {
    const folders = [...Object.values(FOLDERS), ...REVOCATION_FOLDERS, 'decisions', 'refusals'];
    const parts: string[] = [];
    for (const folder of folders) {
      for (const name of await namesIn(join(this.folder, folder))) {
        const found = await stat(join(this.folder, folder, name)).catch(() => undefined);
        parts.push(`${folder}/${name} ${found?.mtimeMs} ${found?.size}`);
      }
    }
    return parts.join('\n');
  }

  /** Paths of the files of a certificate in all lists. */
  async #copiesOf({ raw }: X509Certificate): Promise<string[]> {
    const paths: string[] = [];
    for (const list of Object.keys(FOLDERS) as ListName[]) {
      for (const [path, each] of await this.#files(list)) if (each.raw.equals(raw)) paths.push(path);
    }
    return paths;
  }

  async #files(list: ListName): Promise<Map<string, X509Certificate>> {
    const found = new Map<string, X509Certificate>();
    for (const name of await namesIn(this.path(list))) {
      const path = join(this.path(list), name);
      try {
        const [certificate] = readCertificates(await readFile(path));
        if (certificate !== undefined) found.set(path, certificate);
      } catch {
        // Half copied, moved meanwhile, or no certificate: it is in no list.
      }
    }
    return found;
  }

  async #revocationLists(): Promise<RevocationList[]> {
    const found: RevocationList[] = [];
    for (const folder of REVOCATION_FOLDERS) {
      for (const name of await namesIn(join(this.folder, folder))) {
        const bytes = await readFile(join(this.folder, folder, name)).catch(() => Buffer.alloc(0));
        try {
          found.push(...readRevocationLists(bytes));
        } catch {
          // As above; an authority without its list is said to lack one.
        }
      }
    }
    return found;
  }

  async #records<Value>(folder: string): Promise<Map<string, Value>> {
    const found = new Map<string, Value>();
    for (const name of await namesIn(join(this.folder, folder))) {
      const sha256 = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      const record = sha256 && (await readRecord<Value>(join(this.folder, folder, name)));
      if (sha256 && record) found.set(sha256, record);
    }
    return found;
  }

  /** @param kept of the certificate that was shown now. */
  async #forgetOlderOf(endpoint: string, kept: string): Promise<void> {
    const [refusals, decisions, files] = await Promise.all([
      this.refusals(),
      this.decisions(),
      this.#files('rejected'),
    ]);
    const shown = [...files].flatMap(([path, certificate]) => {
      const sha256 = fingerprintOf(certificate);
      const refusal = refusals.get(sha256)?.find((each) => each.endpoint === endpoint);
      // What a person rejected stays where that person sees it.
      const isDecided = decisions.get(sha256)?.action === 'reject';
      return refusal === undefined || sha256 === kept || isDecided ? [] : [{ path, sha256, at: refusal.at }];
    });
    shown.sort((one, other) => (one.at < other.at ? 1 : -1));
    for (const { path, sha256 } of shown.slice(MOST_REJECTED_AN_ENDPOINT - 1)) {
      await this.setRefusal(sha256, endpoint, undefined);
      // Another endpoint may show it too.
      if ((refusals.get(sha256)?.length ?? 0) < 2) await unlink(path).catch(() => undefined);
    }
  }

  async #forgetOldest(): Promise<void> {
    const files = await this.#files('rejected');
    if (files.size <= MOST_REJECTED) return;
    const ages = await Promise.all(
      [...files].map(async ([path, certificate]) => {
        const found = await stat(path).catch(() => undefined);
        return { path, certificate, writtenMs: found?.mtimeMs ?? 0 };
      }),
    );
    ages.sort((one, other) => one.writtenMs - other.writtenMs);
    for (const { path, certificate } of ages.slice(0, files.size - MOST_REJECTED)) {
      await unlink(path).catch(() => undefined);
      await unlink(join(this.folder, 'refusals', `${fingerprintOf(certificate)}.json`)).catch(
        () => undefined,
      );
    }
  }
}

function unlessGone(thrown: NodeJS.ErrnoException): void {
  if (thrown.code !== 'ENOENT') throw thrown;
}

/** Reads one or several revocation lists, PEM or DER. @throws CodedError `E_INVALID_INPUT` */
export function readRevocationLists(bytes: Buffer): RevocationList[] {
  const blocks = pemBlocks(bytes, 'X509 CRL');
  return (blocks.length > 0 ? blocks : [bytes]).map((der) => new RevocationList(der));
}

/** The name that OPC UA stacks give: who it is, and the SHA-1 thumbprint that their tools show. */
function fileNameOf(certificate: X509Certificate): string {
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? 'certificate';
  const thumbprint = createHash('sha1').update(certificate.raw).digest('hex');
  return `${name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60)}[${thumbprint}].pem`;
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith('.') && !name.endsWith('.partial')).sort();
}

async function readRecord<Value>(file: string): Promise<Value | undefined> {
  try {
    // We alone write these files, always whole.
    return JSON.parse(await readFile(file, 'utf8')) as Value;
  } catch {
    return undefined;
  }
}
