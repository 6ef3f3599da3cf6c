import { type RawBuilder, sql } from 'kysely';
import type { Logger } from 'pino';
import { isFinal } from '#protocol/command/command-state.ts';
import { engineOf } from '../engine/adapter.ts';
import type { BulkTable, BulkTables } from '../engine/bulk-tables.ts';
import { appliedMigrations, NEWEST_MIGRATION } from '../migrations.ts';
import {
  isNewStore,
  openForReading,
  openTables,
  storeName,
  type StorePlace,
} from '../open-store.ts';
import type { Db } from '../schema.ts';
import { isCopyUnfinished } from '../unfinished-copy.ts';
import { brokenImages } from './check-images.ts';

/** Of one kind; the rest is only counted. */
const MAX_NAMED = 3;

/**
 * What is wrong with a database, a sentence each: its file, its references, and what the hub
 * relies on without looking. Changes nothing; a hub may run meanwhile.
 */
export async function checkStore(place: StorePlace, log: Logger): Promise<string[]> {
  if (place.database === undefined && (await isNewStore(place, log))) {
    return [`${storeName(place)} does not exist.`];
  }
  const db = openForReading(place, log);
  try {
    const fault = (await whyDamaged(db)) ?? (await whyForeign(db, storeName(place)));
    if (fault !== undefined) return fault;
    const tables = await openTables(place, { readonly: true });
    try {
      return [...(await brokenReferences(db, tables)), ...(await brokenRules(db, tables))];
    } finally {
      await tables.close();
    }
  } finally {
    await db.destroy();
  }
}

/** A file that does not hold together cannot be asked anything else. */
async function whyDamaged(db: Db): Promise<string[] | undefined> {
  if (engineOf(db).engine !== 'sqlite') return undefined;
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  const found = rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  if (found.length === 0) return undefined;
  return found.slice(0, MAX_NAMED).map((text) => `The file is damaged: ${text}.`);
}

async function whyForeign(db: Db, name: string): Promise<string[] | undefined> {
  if (await isCopyUnfinished(db)) return [`${name} holds a copy that was not finished.`];
  const last = (await appliedMigrations(db)).at(-1);
  if (last === NEWEST_MIGRATION) return undefined;
  return last === undefined
    ? [`${name} holds no data of a hub.`]
    : [`${name} is at the migration ${last}, not at this version's ${NEWEST_MIGRATION}.`];
}

/** PostgreSQL keeps these itself, unless somebody has told it not to. */
async function brokenReferences(db: Db, tables: BulkTables): Promise<string[]> {
  const findings: string[] = [];
  for (const { name, foreignKeys } of await tables.list()) {
    for (const { columns, table, references } of foreignKeys) {
      const child = (column: string) => sql.ref(`child.${column}`);
      const isSet = columns.map((column) => sql`${child(column)} is not null`);
      const isSame = columns.map(
        (column, index) => sql`${sql.ref(`parent.${references[index] ?? ''}`)} = ${child(column)}`,
      );
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from ${sql.table(name)} as child
        where ${sql.join(isSet, sql` and `)} and not exists (
          select 1 from ${sql.table(table)} as parent where ${sql.join(isSame, sql` and `)})
      `.execute(db);
      const count = rows[0]?.count ?? 0;
      if (count > 0) {
        findings.push(`${name} has ${rowsOf(count)} that refer to ${table} which do not exist.`);
      }
    }
  }
  return findings;
}

async function brokenRules(db: Db, tables: BulkTables): Promise<string[]> {
  const findings: string[] = [];
  for (const table of await tables.list()) findings.push(...(await usedNumbers(db, tables, table)));
  for (const { what, of } of RULES) {
    const { rows } = await sql<{ id: string }>`${of}`.execute(db);
    findings.push(
      ...sentenceOf(
        what,
        rows.map(({ id }) => id),
      ),
    );
  }
  const { incomplete, changed } = await brokenImages(db);
  return [
    ...findings,
    ...(await wrongEnds(db)),
    ...sentenceOf('Bytes of a firmware image are missing', incomplete),
    ...sentenceOf('A firmware image is not what was uploaded', changed),
  ];
}

/** At most one. */
function sentenceOf(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const named = ids.slice(0, MAX_NAMED).join(', ');
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
  return [`${what}: ${named}${more}.`];
}

/** A number that is given a second time would fail, or be taken for that of a removed row. */
async function usedNumbers(db: Db, tables: BulkTables, table: BulkTable): Promise<string[]> {
  const { name, counted } = table;
  if (counted === undefined) return [];
  const { rows } = await sql<{ highest: number | null }>`
    select max(${sql.ref(counted)}) as highest from ${sql.table(name)}`.execute(db);
  const highest = rows[0]?.highest ?? 0;
  const counter = await tables.counter(table);
  if (BigInt(counter) >= BigInt(highest)) return [];
  return [`The next ${counted} of ${name} is ${BigInt(counter) + 1n}, and ${highest} is in use.`];
}

interface Rule {
  /** What is wrong with those that are found. */
  readonly what: string;
  /** Selects `id`s. */
  readonly of: RawBuilder<unknown>;
}

const RULES: readonly Rule[] = [
  {
    what: 'Events of a site are missing, or have revisions beyond its own',
    of: sql`select sites.id as id from sites
      left join site_events on site_events.site_id = sites.id
        and site_events.rev > sites.events_floor
      group by sites.id, sites.rev, sites.events_floor
      having count(site_events.rev) <> sites.rev - sites.events_floor
        or coalesce(max(site_events.rev), sites.rev) <> sites.rev`,
  },
  {
    what: 'Entries are missing in the log of a base, or are beyond its head',
    of: sql`select bases.id as id from bases
      left join base_log on base_log.base_key = bases.key and base_log.seq > bases.log_floor
      where bases.removed_at is null
      group by bases.id, bases.log_head, bases.log_floor
      having count(base_log.seq) <> bases.log_head - bases.log_floor
        or coalesce(max(base_log.seq), bases.log_head) <> bases.log_head`,
  },
  {
    what: 'A base has acknowledged more than its log has',
    of: sql`select id from bases where log_acked > log_head`,
  },
  {
    what: 'A base is live without a connection',
    of: sql`select id from bases where is_live = 1 and connection is null`,
  },
  {
    what: 'Ranges of settled events of a base overlap',
    of: sql`select distinct bases.id as id from (
        select base_key, from_seq, to_seq, lag(to_seq) over (
          partition by base_key, epoch order by from_seq) as before
        from event_ranges) as ranges
      join bases on bases.key = ranges.base_key
      where ranges.from_seq > ranges.to_seq or ranges.before >= ranges.from_seq`,
  },
  {
    what: 'A consumer has handled more of a site than happened there',
    of: sql`select event_cursors.site_id as id from event_cursors
      join sites on sites.id = event_cursors.site_id and sites.epoch = event_cursors.epoch
      where event_cursors.rev > sites.rev`,
  },
  {
    what: 'A site has members and no owner',
    of: sql`select site_id as id from members group by site_id
      having sum(case when role = 'owner' then 1 else 0 end) = 0`,
  },
];

/** Sweepers and queues go by the time of the end, everything else by the state. */
async function wrongEnds(db: Db): Promise<string[]> {
  const counts = await db
    .selectFrom('commands')
    .select(({ fn }) => [
      'state',
      fn.count<number>('ended_at').as('ended'),
      fn.countAll<number>().as('all'),
    ])
    .groupBy('state')
    .execute();
  return counts.flatMap(({ state, ended, all }) => {
    const wrong = isFinal(state) ? all - ended : ended;
    if (wrong === 0) return [];
    const without = isFinal(state) ? 'have no time of their end' : 'have ended by their time only';
    return [`Of the commands that are ${state}, ${wrong} ${without}.`];
  });
}

function rowsOf(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}
