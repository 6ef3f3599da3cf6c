/** As they were named when their numbers went. */
const STAGE_NAMES = [
  [5, 'base_journalled'],
  [6, 'base_routed'],
  [7, 'base_dequeued'],
  [8, 'base_written'],
  [11, 'base_matched'],
  [12, 'base_recorded'],
] as const;

/** One step each; `user_version` counts how many were applied. Never change one that was released. */
export const MIGRATIONS: readonly string[] = [
  `
  -- The place in the hub's log, and in our own outbox.
  CREATE TABLE positions (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    log_epoch TEXT,
    log_seq INTEGER NOT NULL DEFAULT 0,
    outbox_epoch TEXT NOT NULL,
    outbox_seq INTEGER NOT NULL DEFAULT 0,
    dropped_readings INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE journal (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    command TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'sent', 'finished')),
    received_at_ms INTEGER NOT NULL,
    result TEXT,
    result_seq INTEGER
  ) STRICT;
  CREATE INDEX journal_open ON journal (position) WHERE state <> 'finished';

  -- priority: 0 results, 1 what else happened, 2 readings.
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    priority INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX outbox_order ON outbox (priority, seq);

  CREATE TABLE units (
    unit_id TEXT PRIMARY KEY,
    origin TEXT NOT NULL CHECK (origin IN ('hub', 'config')),
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    link TEXT NOT NULL,
    hardware_id TEXT,
    told TEXT,
    -- The last of its samples that went into the outbox.
    sample_boot TEXT,
    sample_seq INTEGER,
    sample_at_ms INTEGER
  ) STRICT;

  CREATE TABLE descriptions (
    schema_hash TEXT PRIMARY KEY,
    description TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- Whether a command that was sent may be run again after a crash.
  ALTER TABLE journal ADD COLUMN is_repeatable INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE positions ADD COLUMN dropped_happenings INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Readings given up that no event tells of yet (count 0: none), and the event that told of those before.
  CREATE TABLE gaps (
    unit_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    told_seq INTEGER,
    PRIMARY KEY (unit_id, reason)
  ) STRICT;
  `,
  `
  -- A unit's own key, or that it may be spoken to in plain; neither: not at all.
  ALTER TABLE units ADD COLUMN link_key BLOB;
  ALTER TABLE units ADD COLUMN is_plain INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The run of the machine that makes marks without waiting for the disk ('unnamed': it has
  -- no name); NULL when all is on the disk.
  ALTER TABLE positions ADD COLUMN written_in TEXT;
  `,
  `
  -- The firmware that the hub wants on the unit, and what it was last told of that.
  ALTER TABLE units ADD COLUMN update_order TEXT;
  ALTER TABLE units ADD COLUMN update_told TEXT;
  `,
  `
  -- The last update of each unit, and the firmware file that it last confirmed.
  CREATE TABLE unit_updates (
    unit_id TEXT PRIMARY KEY,
    update_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    done_bytes INTEGER NOT NULL,
    total_bytes INTEGER NOT NULL,
    ordered_at_ms INTEGER NOT NULL,
    applied_at_ms INTEGER
  ) STRICT;
  CREATE TABLE good_firmware (unit_id TEXT PRIMARY KEY, file_id TEXT NOT NULL) STRICT;
  `,
  `
  -- What the times of stored events were counted by, and what the hub's clock was ahead of
  -- it when that was last measured. boot: the run of the machine, where it has a name.
  CREATE TABLE clocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT,
    wall_minus_monotonic_ms REAL NOT NULL,
    offset_ms REAL
  ) STRICT;
  ALTER TABLE outbox ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Open when the power went, so that its mark says nothing.
  ALTER TABLE journal ADD COLUMN is_doubted INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Units may be added at the base itself. SQLite changes no check: the table is made anew.
  CREATE TABLE units_anew (
    unit_id TEXT PRIMARY KEY,
    origin TEXT NOT NULL CHECK (origin IN ('hub', 'config', 'added')),
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    link TEXT NOT NULL,
    hardware_id TEXT,
    told TEXT,
    sample_boot TEXT,
    sample_seq INTEGER,
    sample_at_ms INTEGER,
    link_key BLOB,
    is_plain INTEGER NOT NULL DEFAULT 0,
    update_order TEXT,
    update_told TEXT
  ) STRICT;
  INSERT INTO units_anew SELECT unit_id, origin, name, host, port, link, hardware_id, told,
    sample_boot, sample_seq, sample_at_ms, link_key, is_plain, update_order, update_told
    FROM units;
  DROP TABLE units;
  ALTER TABLE units_anew RENAME TO units;
  `,
  `
  -- Whose an event is, and whether it may be given up when there is no more room: what is
  -- measured and happens may; the last that is known of a unit, and all else, may not.
  ALTER TABLE outbox ADD COLUMN unit_id TEXT;
  ALTER TABLE outbox ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 1;
  UPDATE outbox SET unit_id = event ->> '$.data.unitId',
    is_kept = event ->> '$.type' NOT IN
      ('readings.taken', 'unit.event', 'unit.presence', 'unit.described', 'update.changed');
  UPDATE outbox SET is_kept = 1 WHERE seq IN
    (SELECT max(seq) FROM outbox
     WHERE event ->> '$.type' IN ('unit.presence', 'unit.described', 'update.changed')
     GROUP BY unit_id, event ->> '$.type', event ->> '$.data.updateId');
  CREATE INDEX outbox_units ON outbox (unit_id, is_kept, priority DESC, seq);
  `,
  `
  -- Each run of the base numbers its events for itself, so that a copy that is put back never
  -- gives a number again. earlier: the last number of the first run that the hub was not asked
  -- about yet. settled: the last event that the hub confirmed. log_mark: of the entry log_seq.
  ALTER TABLE outbox ADD COLUMN run TEXT NOT NULL DEFAULT '';
  UPDATE outbox SET run = (SELECT outbox_epoch FROM positions);
  ALTER TABLE positions ADD COLUMN outbox_run TEXT;
  UPDATE positions SET outbox_run = outbox_epoch;
  ALTER TABLE positions ADD COLUMN earlier_run TEXT;
  ALTER TABLE positions ADD COLUMN earlier_seq INTEGER;
  ALTER TABLE positions ADD COLUMN settled_run TEXT;
  ALTER TABLE positions ADD COLUMN settled_seq INTEGER;
  ALTER TABLE positions ADD COLUMN log_mark TEXT;
  `,
  `
  -- Columns by the names that the code has for them.
  ALTER TABLE units RENAME COLUMN told TO last_reported;
  ALTER TABLE units RENAME COLUMN update_told TO update_reported;
  ALTER TABLE gaps RENAME COLUMN told_seq TO reported_seq;
  ALTER TABLE positions RENAME COLUMN dropped_happenings TO dropped_events;
  ALTER TABLE journal RENAME COLUMN is_doubted TO is_sent_assumed;
  `,
  `
  -- The code of a command whose outcome nobody knows.
  UPDATE journal SET result = replace(result, '"code":"in_doubt"', '"code":"outcome_unknown"')
    WHERE result LIKE '%"code":"in_doubt"%';
  UPDATE outbox SET event = replace(event, '"code":"in_doubt"', '"code":"outcome_unknown"')
    WHERE event LIKE '%"code":"in_doubt"%';
  `,
  `
  -- What a newer state overtakes is found by columns. update_id: of update.changed alone.
  ALTER TABLE outbox ADD COLUMN type TEXT NOT NULL DEFAULT '';
  ALTER TABLE outbox ADD COLUMN update_id TEXT;
  UPDATE outbox SET type = event ->> '$.type', update_id = event ->> '$.data.updateId';
  `,
  `
  -- Stages of a trace by name; they were numbers, as \`hop\`.
  ${STAGE_NAMES.map(
    ([hop, stage]) => `
  UPDATE journal SET result = replace(result, '{"hop":${hop},"atMs"', '{"stage":"${stage}","atMs"')
    WHERE result LIKE '%{"hop":${hop},"atMs"%';
  UPDATE outbox SET event = replace(event, '{"hop":${hop},"atMs"', '{"stage":"${stage}","atMs"')
    WHERE event LIKE '%{"hop":${hop},"atMs"%';`,
  ).join('')}
  UPDATE outbox SET type = 'readings.recorded',
      event = json_set(event, '$.type', 'readings.recorded')
    WHERE type = 'readings.taken';
  `,
];
