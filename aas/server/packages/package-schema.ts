/** Tables of the AASX file server, and of the files that were loaded at a start. */
export const PACKAGE_TABLES = `
  CREATE TABLE packages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    file_name TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL
  );
  CREATE INDEX packages_by_file ON packages (file);
  CREATE INDEX packages_by_sha256 ON packages (sha256);

  CREATE TABLE package_shells (
    package INTEGER NOT NULL REFERENCES packages (seq) ON DELETE CASCADE,
    aas_id TEXT NOT NULL,
    UNIQUE (package, aas_id)
  );
  CREATE INDEX package_shells_by_aas_id ON package_shells (aas_id, package);

  -- What --load has taken in: the same file is not taken in again, so that a start never undoes later changes.
  CREATE TABLE loaded_files (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
`;
