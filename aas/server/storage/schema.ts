import { PACKAGE_TABLES } from '../packages/package-schema.ts';

/**
 * The environment's tables. `seq` numbers are handed out once and rise: they are the order of every list and what a
 * paging cursor holds. A submodel element is a row of its own, found by its idShortPath, without its children.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE shells (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    id_short TEXT,
    json TEXT NOT NULL
  );
  CREATE INDEX shells_by_id_short ON shells (id_short, seq);

  CREATE TABLE shell_submodels (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    shell INTEGER NOT NULL REFERENCES shells (seq) ON DELETE CASCADE,
    submodel_id TEXT NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (shell, submodel_id)
  );
  CREATE INDEX shell_submodels_by_shell ON shell_submodels (shell, seq);

  CREATE TABLE asset_links (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    shell INTEGER NOT NULL REFERENCES shells (seq) ON DELETE CASCADE,
    PRIMARY KEY (name, value, shell)
  ) WITHOUT ROWID;
  CREATE INDEX asset_links_by_shell ON asset_links (shell);

  CREATE TABLE submodels (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    id_short TEXT,
    json TEXT NOT NULL
  );
  CREATE INDEX submodels_by_id_short ON submodels (id_short, seq);

  CREATE TABLE submodel_semantics (
    meaning TEXT NOT NULL,
    submodel INTEGER NOT NULL REFERENCES submodels (seq) ON DELETE CASCADE,
    PRIMARY KEY (meaning, submodel)
  ) WITHOUT ROWID;
  CREATE INDEX submodel_semantics_by_submodel ON submodel_semantics (submodel);

  CREATE TABLE elements (
    submodel INTEGER NOT NULL REFERENCES submodels (seq) ON DELETE CASCADE,
    path TEXT NOT NULL,
    parent TEXT NOT NULL,
    position INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (submodel, path)
  ) WITHOUT ROWID;
  CREATE INDEX elements_by_parent ON elements (submodel, parent, position);

  CREATE TABLE attachments (
    submodel INTEGER NOT NULL,
    path TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (submodel, path),
    FOREIGN KEY (submodel, path) REFERENCES elements (submodel, path) ON DELETE CASCADE ON UPDATE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX attachments_by_sha256 ON attachments (sha256);

  -- Files that lost an element, by a cascade as well; most have none left and are thrown away.
  CREATE TABLE released_files (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TRIGGER attachment_deleted AFTER DELETE ON attachments BEGIN
    INSERT OR IGNORE INTO released_files VALUES (old.sha256);
  END;
  CREATE TRIGGER attachment_replaced AFTER UPDATE OF sha256 ON attachments WHEN old.sha256 <> new.sha256 BEGIN
    INSERT OR IGNORE INTO released_files VALUES (old.sha256);
  END;

  CREATE TABLE shell_descriptors (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    asset_kind TEXT,
    asset_type TEXT,
    json TEXT -- null: derived from the shell of that id
  );

  CREATE INDEX shell_descriptors_by_kind ON shell_descriptors (asset_kind, seq);
  CREATE INDEX shell_descriptors_by_type ON shell_descriptors (asset_type, seq);

  CREATE TABLE submodel_descriptors (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL, -- id of the shell descriptor it belongs to; '' in the submodel registry
    id TEXT NOT NULL,
    json TEXT, -- null: derived from the submodel of that id
    UNIQUE (owner, id)
  );
  CREATE INDEX submodel_descriptors_by_owner ON submodel_descriptors (owner, seq);
  `,
  `
  CREATE TABLE concept_descriptions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    id_short TEXT,
    json TEXT NOT NULL
  );
  CREATE INDEX concept_descriptions_by_id_short ON concept_descriptions (id_short, seq);

  CREATE TABLE concept_references (
    kind TEXT NOT NULL, -- isCaseOf or dataSpecification
    meaning TEXT NOT NULL,
    concept INTEGER NOT NULL REFERENCES concept_descriptions (seq) ON DELETE CASCADE,
    PRIMARY KEY (kind, meaning, concept)
  ) WITHOUT ROWID;
  CREATE INDEX concept_references_by_concept ON concept_references (concept);

  CREATE TABLE thumbnails (
    shell INTEGER PRIMARY KEY REFERENCES shells (seq) ON DELETE CASCADE,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL
  );
  CREATE INDEX thumbnails_by_sha256 ON thumbnails (sha256);
  CREATE TRIGGER thumbnail_deleted AFTER DELETE ON thumbnails BEGIN
    INSERT OR IGNORE INTO released_files VALUES (old.sha256);
  END;
  CREATE TRIGGER thumbnail_replaced AFTER UPDATE OF sha256 ON thumbnails WHEN old.sha256 <> new.sha256 BEGIN
    INSERT OR IGNORE INTO released_files VALUES (old.sha256);
  END;
  `,
  PACKAGE_TABLES,
  `
  CREATE TABLE discovery_shells (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    written INTEGER NOT NULL, -- 1: by somebody; 0: derived from the shell of that id
    json TEXT NOT NULL -- the links
  );
  CREATE TABLE discovery_links (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    shell INTEGER NOT NULL REFERENCES discovery_shells (seq) ON DELETE CASCADE,
    PRIMARY KEY (name, value, shell)
  ) WITHOUT ROWID;
  CREATE INDEX discovery_links_by_shell ON discovery_links (shell);

  INSERT INTO discovery_shells (id, written, json)
    SELECT id, 0, (SELECT json_group_array(json_object('name', name, 'value', value)) FROM asset_links WHERE shell = seq)
    FROM shells ORDER BY seq;
  INSERT INTO discovery_links (name, value, shell)
    SELECT name, value, discovery_shells.seq FROM asset_links
    JOIN shells ON shells.seq = asset_links.shell JOIN discovery_shells ON discovery_shells.id = shells.id;
  `,
  // A conflict clause of the statement that fires a trigger overrides the trigger's own, so OR IGNORE does not hold there.
  `
  DROP TRIGGER attachment_deleted;
  DROP TRIGGER attachment_replaced;
  DROP TRIGGER thumbnail_deleted;
  DROP TRIGGER thumbnail_replaced;
  CREATE TRIGGER attachment_deleted AFTER DELETE ON attachments
    WHEN NOT EXISTS (SELECT 1 FROM released_files WHERE sha256 = old.sha256) BEGIN
    INSERT INTO released_files VALUES (old.sha256);
  END;
  CREATE TRIGGER attachment_replaced AFTER UPDATE OF sha256 ON attachments
    WHEN old.sha256 <> new.sha256 AND NOT EXISTS (SELECT 1 FROM released_files WHERE sha256 = old.sha256) BEGIN
    INSERT INTO released_files VALUES (old.sha256);
  END;
  CREATE TRIGGER thumbnail_deleted AFTER DELETE ON thumbnails
    WHEN NOT EXISTS (SELECT 1 FROM released_files WHERE sha256 = old.sha256) BEGIN
    INSERT INTO released_files VALUES (old.sha256);
  END;
  CREATE TRIGGER thumbnail_replaced AFTER UPDATE OF sha256 ON thumbnails
    WHEN old.sha256 <> new.sha256 AND NOT EXISTS (SELECT 1 FROM released_files WHERE sha256 = old.sha256) BEGIN
    INSERT INTO released_files VALUES (old.sha256);
  END;
 `,
];
