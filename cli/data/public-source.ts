/** A file of a public archive that becomes a recording. */
export interface ChosenFile {
  /** End of its path in the archive. */
  readonly member: string;
  /** Its path in the folder that is made. */
  readonly file: string;
  readonly client: string;
  readonly label: string;
  readonly split: string;
  /** Further columns of the manifest. */
  readonly columns: Readonly<Record<string, (bytes: Uint8Array) => number>>;
}

/** Where a data set can be downloaded, and which of it is used. */
export interface PublicSource {
  /** A tar archive, compressed by gzip. */
  readonly url: string;
  /** Its size, as far as it is known. */
  readonly bytes?: number;
  readonly files: () => readonly ChosenFile[];
}
