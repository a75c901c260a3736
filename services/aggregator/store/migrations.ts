/** The schema of the aggregator's database, one text a version. Released texts are never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE installation (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE federations (
    id TEXT PRIMARY KEY, document TEXT NOT NULL, created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE join_tokens (
    id TEXT PRIMARY KEY, federation TEXT NOT NULL REFERENCES federations, hash TEXT NOT NULL, created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pools (
    id TEXT PRIMARY KEY, key_hash TEXT NOT NULL, key_used INTEGER NOT NULL, slots INTEGER NOT NULL,
    numerics TEXT NOT NULL, created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pool_federations (
    pool TEXT NOT NULL REFERENCES pools, federation TEXT NOT NULL REFERENCES federations, PRIMARY KEY (pool, federation)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE participants (
    id TEXT PRIMARY KEY, pool TEXT NOT NULL REFERENCES pools, attributes TEXT NOT NULL, signals TEXT NOT NULL,
    removed INTEGER NOT NULL, data TEXT, last_seen_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE admissions (
    federation TEXT NOT NULL REFERENCES federations, participant TEXT NOT NULL REFERENCES participants ON DELETE CASCADE,
    PRIMARY KEY (federation, participant)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX admissions_of_participant ON admissions (participant);
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, federation TEXT NOT NULL REFERENCES federations, state TEXT NOT NULL, reason TEXT,
    total_rounds INTEGER NOT NULL, local_epochs INTEGER NOT NULL, seed INTEGER NOT NULL, participants TEXT,
    numerics TEXT, base_version INTEGER, scaler TEXT, initialise_pool TEXT,
    created_at TEXT NOT NULL, started_at TEXT, ended_at TEXT, last_progress_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX runs_of_federation ON runs (federation);
  CREATE TABLE rounds (
    run TEXT NOT NULL REFERENCES runs, round INTEGER NOT NULL, round_attempt INTEGER NOT NULL, state TEXT NOT NULL,
    reason TEXT, cohort TEXT NOT NULL, quorum INTEGER NOT NULL, base_number INTEGER NOT NULL, base_sha256 TEXT NOT NULL,
    opened_at TEXT NOT NULL, ended_at TEXT, version INTEGER, PRIMARY KEY (run, round, round_attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE contributions (
    run TEXT NOT NULL, round INTEGER NOT NULL, round_attempt INTEGER NOT NULL, participant TEXT NOT NULL,
    sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, example_count INTEGER NOT NULL, trained_loss REAL,
    trained_accuracy REAL, PRIMARY KEY (run, round, round_attempt, participant),
    FOREIGN KEY (run, round, round_attempt) REFERENCES rounds
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE update_bytes (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE refusals (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, round INTEGER NOT NULL, round_attempt INTEGER NOT NULL,
    participant TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, gave_up INTEGER NOT NULL, at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX refusals_of_round ON refusals (run, round, round_attempt);
  CREATE TABLE versions (
    federation TEXT NOT NULL REFERENCES federations, number INTEGER NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, run TEXT NOT NULL, round INTEGER, parent TEXT, contributors TEXT, example_count INTEGER,
    numerics TEXT, created_at TEXT NOT NULL, published_at TEXT, PRIMARY KEY (federation, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE statistics (
    run TEXT NOT NULL REFERENCES runs, participant TEXT NOT NULL, statistics TEXT, failure TEXT,
    PRIMARY KEY (run, participant)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE evaluation_requests (
    run TEXT NOT NULL REFERENCES runs, number INTEGER NOT NULL, participants TEXT NOT NULL, closed INTEGER NOT NULL,
    reason TEXT, PRIMARY KEY (run, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE evaluations (
    run TEXT NOT NULL REFERENCES runs, number INTEGER NOT NULL, participant TEXT NOT NULL, failure TEXT,
    example_count INTEGER NOT NULL, correct INTEGER NOT NULL, loss REAL NOT NULL, confusion TEXT,
    PRIMARY KEY (run, number, participant)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE deadlines (name TEXT PRIMARY KEY, remaining_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE publications (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, reason TEXT) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE publication_targets (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE target_publications (
    target TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT,
    PRIMARY KEY (target, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE target_objects (
    target TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL,
    PRIMARY KEY (target, kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX target_objects_of_name ON target_objects (target, name);
  CREATE TABLE proposals (
    id TEXT PRIMARY KEY, lookup TEXT, shell_id TEXT, federation TEXT, certificate_sha256 TEXT, pool TEXT,
    asked_with_sha256 TEXT, approved_sha256 TEXT, approved INTEGER NOT NULL, at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pool_certificates (pool TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE operations (
    request TEXT PRIMARY KEY, submodel TEXT NOT NULL, path TEXT NOT NULL, argument TEXT NOT NULL,
    awaited INTEGER NOT NULL, deadline_ms INTEGER NOT NULL, asked TEXT, outcome TEXT, ended_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX operations_by_end ON operations (ended_ms);
  CREATE TABLE served_versions (
    federation TEXT PRIMARY KEY REFERENCES federations, number INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE participants ADD COLUMN published TEXT;
  ALTER TABLE pools ADD COLUMN software TEXT;
  CREATE INDEX evaluation_requests_of_version ON evaluation_requests (number, run);
  `,
  `
  ALTER TABLE pools ADD COLUMN alternatives TEXT;
  `,
  `
  ALTER TABLE runs ADD COLUMN start_from TEXT;
  `,
  `
  CREATE TABLE strategy_states (
    federation TEXT NOT NULL REFERENCES federations, number INTEGER NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, PRIMARY KEY (federation, number)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE trust_reports (pool TEXT PRIMARY KEY REFERENCES pools, certificates TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE trust_decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pool TEXT NOT NULL REFERENCES pools, sha256 TEXT NOT NULL, action TEXT NOT NULL,
    allow TEXT NOT NULL, state TEXT NOT NULL, failure TEXT, at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trust_decisions_of_certificate ON trust_decisions (pool, sha256);
  `,
  `
  CREATE TABLE versions_of_groups (
    federation TEXT NOT NULL REFERENCES federations, model_group TEXT NOT NULL, number INTEGER NOT NULL,
    sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, run TEXT NOT NULL, round INTEGER, parent TEXT, contributors TEXT,
    example_count INTEGER, numerics TEXT, created_at TEXT NOT NULL, published_at TEXT,
    PRIMARY KEY (federation, model_group, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO versions_of_groups SELECT federation, 'main', number, sha256, bytes, run, round, parent, contributors,
    example_count, numerics, created_at, published_at FROM versions;
  DROP TABLE versions;
  ALTER TABLE versions_of_groups RENAME TO versions;
  CREATE INDEX versions_of_run ON versions (federation, run, round);
  CREATE TABLE states_of_groups (
    federation TEXT NOT NULL REFERENCES federations, model_group TEXT NOT NULL, number INTEGER NOT NULL,
    sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (federation, model_group, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO states_of_groups SELECT federation, 'main', number, sha256, bytes FROM strategy_states;
  DROP TABLE strategy_states;
  ALTER TABLE states_of_groups RENAME TO strategy_states;
  CREATE TABLE requests_of_groups (
    run TEXT NOT NULL REFERENCES runs, model_group TEXT NOT NULL, number INTEGER NOT NULL, participants TEXT NOT NULL,
    closed INTEGER NOT NULL, reason TEXT, PRIMARY KEY (run, model_group, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO requests_of_groups SELECT run, 'main', number, participants, closed, reason FROM evaluation_requests;
  DROP TABLE evaluation_requests;
  ALTER TABLE requests_of_groups RENAME TO evaluation_requests;
  CREATE INDEX evaluation_requests_of_version ON evaluation_requests (number, model_group, run);
  CREATE TABLE evaluations_of_groups (
    run TEXT NOT NULL REFERENCES runs, model_group TEXT NOT NULL, number INTEGER NOT NULL, participant TEXT NOT NULL,
    failure TEXT, example_count INTEGER NOT NULL, correct INTEGER NOT NULL, loss REAL NOT NULL, confusion TEXT,
    PRIMARY KEY (run, model_group, number, participant)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO evaluations_of_groups SELECT run, 'main', number, participant, failure, example_count, correct, loss,
    confusion FROM evaluations;
  DROP TABLE evaluations;
  ALTER TABLE evaluations_of_groups RENAME TO evaluations;
  ALTER TABLE served_versions ADD COLUMN model_group TEXT NOT NULL DEFAULT 'main';
  ALTER TABLE rounds ADD COLUMN bases TEXT;
  ALTER TABLE rounds ADD COLUMN plan TEXT;
  ALTER TABLE rounds ADD COLUMN versions TEXT;
  ALTER TABLE contributions ADD COLUMN counted INTEGER;
  ALTER TABLE contributions ADD COLUMN model_group TEXT;
  ALTER TABLE contributions ADD COLUMN arrival INTEGER;
  CREATE INDEX contributions_by_arrival ON contributions (run, arrival);
  UPDATE contributions SET counted = round WHERE EXISTS (SELECT 1 FROM rounds WHERE rounds.run = contributions.run
    AND rounds.round = contributions.round AND rounds.round_attempt = contributions.round_attempt
    AND rounds.version IS NOT NULL);
  `,
];
