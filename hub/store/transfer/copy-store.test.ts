import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { fillEveryTable } from '../../testing/filled-tables.ts';
import {
  blankPlace,
  openTestStore,
  temporaryPlace,
  testEngines,
} from '../../testing/test-store.ts';
import type { BulkRow, BulkTable } from '../engine/bulk-tables.ts';
import { databaseFile } from '../engine/sqlite/database.ts';
import { openStore, openTables, storeFault, type StorePlace } from '../open-store.ts';
import { type CopyOutcome, copyStore, type CopyProgress } from './copy-store.ts';
import { inForeignKeyOrder } from './table-order.ts';
import { digestOf, pagesOf } from './table-rows.ts';

const log = pino({ level: 'silent' });
const NEVER = new AbortController().signal;
const HAS_BOTH = testEngines().length === 2;

async function copied(from: StorePlace, to: StorePlace, stop = NEVER) {
  const steps: CopyProgress[] = [];
  const outcome = await copyStore({
    ...{ from, to, log, stop },
    progress: (step) => void steps.push(step),
  });
  return { outcome, steps };
}

/** A SQLite database at the newest migration, with rows in every table. */
async function filledPlace(rowsEach?: number): Promise<StorePlace> {
  const place = await temporaryPlace('sqlite');
  await (await openTestStore(place)).close();
  await fillEveryTable(place.dataFolder, rowsEach);
  return place;
}

/** Columns that a copy begins anew, so that nobody takes its positions for those of the source. */
const ANEW: Readonly<Record<string, readonly string[]>> = {
  sites: ['epoch'],
  event_cursors: ['epoch'],
  bases: ['log_epoch', 'log_floor', 'log_acked', 'log_mark'],
};

/** All rows of all tables, as far as a copy keeps them. */
async function contentOf(place: StorePlace, keys: readonly BulkTable[]) {
  const tables = await openTables(place, { readonly: true });
  const content: Record<string, unknown> = {};
  for (const table of keys) {
    const rows: BulkRow[] = [];
    for await (const page of pagesOf(tables, table)) rows.push(...page);
    const anew = ANEW[table.name] ?? [];
    const kept = rows.map((row) =>
      row.map((value, index) => (anew.includes(table.columns[index]?.name ?? '') ? '*' : value)),
    );
    content[table.name] = { rows: kept, counter: await tables.counter(table) };
  }
  await tables.close();
  delete content['base_log'];
  return content;
}

async function tablesOf(place: StorePlace): Promise<readonly BulkTable[]> {
  const tables = await openTables(place, { readonly: true });
  const list = await tables.list();
  await tables.close();
  return list;
}

const messageOf = (outcome: CopyOutcome): string => (outcome.ok ? '' : outcome.message);

const fingerprint = ({ dataFolder }: StorePlace): string =>
  createHash('sha256')
    .update(readFileSync(databaseFile(dataFolder)))
    .digest('hex');

describe.skipIf(!HAS_BOTH)('a copy to the other engine', () => {
  it('has every row of every table, there and back, and leaves the source alone', async () => {
    const first = await filledPlace();
    const tables = await tablesOf(first);
    const before = fingerprint(first);
    const server = await blankPlace('postgres');
    const there = await copied(first, server);
    expect(there.outcome).toEqual({ ok: true, tables: tables.length, rows: tables.length * 3 });
    const shown = there.steps.filter(({ step, rows }) => step === 'compared' && rows === 3);
    expect(shown.map(({ table }) => table).toSorted()).toEqual(
      tables.map(({ name }) => name).toSorted(),
    );
    expect(fingerprint(first)).toBe(before);
    const second = await blankPlace('sqlite');
    expect((await copied(server, second)).outcome).toMatchObject({ ok: true });
    const [a, b, c] = [
      await contentOf(first, tables),
      await contentOf(server, tables),
      await contentOf(second, tables),
    ];
    expect(b).toEqual(a);
    expect(c).toEqual(a);
  });

  it('goes on with the numbers where the source was, even those of removed rows', async () => {
    const first = await filledPlace();
    const source = await openTables(first, { readonly: false });
    const counted = (await source.list()).filter(({ counted: column }) => column !== undefined);
    const units = counted.find(({ name }) => name === 'units');
    if (!units) throw new Error('no units');
    await source.setCounter(units, '77');
    await source.close();
    const server = await blankPlace('postgres');
    await copied(first, server);
    const { db } = await openTestStore(server);
    const next = async (table: string): Promise<unknown> => {
      const { rows } = await sql<{ value: number }>`
        select nextval(pg_get_serial_sequence(${table}, 'key')) as value`.execute(db);
      return rows[0]?.value;
    };
    expect(counted.length).toBeGreaterThan(2);
    for (const { name } of counted) expect(await next(name), name).toBe(name === 'units' ? 78 : 4);
  });

  it('begins new lives of logs and streams, and what was handled stays so', async () => {
    const first = await filledPlace();
    const source = await openTestStore(first);
    const epochsOf = async ({ db }: typeof source) => ({
      sites: await db.selectFrom('sites').select(['id', 'epoch']).orderBy('id').execute(),
      logs: await db.selectFrom('bases').select(['key', 'log_epoch']).orderBy('key').execute(),
    });
    // The others have seen another life of their site.
    await sql`update event_cursors set epoch = 'past'
      where site_id <> (select min(id) from sites)`.execute(source.db);
    const before = await epochsOf(source);
    await source.close();
    const server = await blankPlace('postgres');
    await copied(first, server);
    const target = await openTestStore(server);
    const after = await epochsOf(target);
    const all = [before, after].flatMap(({ sites, logs }) => [
      ...sites.map(({ epoch }) => epoch),
      ...logs.map(({ log_epoch: epoch }) => epoch),
    ]);
    expect(new Set(all).size).toBe(all.length);
    const cursors = await target.db
      .selectFrom('event_cursors')
      .innerJoin('sites', 'sites.id', 'event_cursors.site_id')
      .whereRef('sites.epoch', '=', 'event_cursors.epoch')
      .select('sites.id')
      .execute();
    expect(cursors).toEqual([{ id: before.sites[0]?.id }]);
    expect(await target.db.selectFrom('base_log').selectAll().execute()).toEqual([]);
  });

  it('copies tables that are larger than a page', async () => {
    const first = await filledPlace(0);
    const source = await openTables(first, { readonly: false });
    const tables = await source.list();
    const readings = tables.find(({ name }) => name === 'readings');
    if (!readings) throw new Error('no readings');
    const rows = Array.from({ length: 12_345 }, (_, index) =>
      readings.columns.map(({ name, kind }) => {
        if (name === 'seq') return String(index % 100);
        if (name === 'boot') return String(Math.floor(index / 100));
        return kind === 'real' ? Math.sin(index) : '1';
      }),
    );
    await source.insert(readings, rows);
    const digest = await digestOf(source, readings);
    await source.close();
    const server = await blankPlace('postgres');
    const { outcome, steps } = await copied(first, server);
    expect(outcome).toEqual({ ok: true, tables: tables.length, rows: 12_345 });
    expect(steps.filter(({ table }) => table === 'readings').length).toBeGreaterThan(3);
    const target = await openTables(server, { readonly: true });
    const found = await digestOf(target, readings);
    await target.close();
    expect([found.rows, found.sha256]).toEqual([digest.rows, digest.sha256]);
  });

  it('that was interrupted is no place where a hub starts, nor where a copy goes', async () => {
    const first = await filledPlace();
    const server = await blankPlace('postgres');
    const stop = new AbortController();
    let pages = 0;
    const outcome = await copyStore({
      ...{ from: first, to: server, log, stop: stop.signal },
      progress: () => {
        pages += 1;
        if (pages === 4) stop.abort();
      },
    });
    expect(outcome).toMatchObject({ ok: false });
    expect(messageOf(outcome)).toMatch(/^Interrupted: .* no hub starts/);
    const refusal: unknown = await openStore(server, log).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'storage_unfinished' });
    expect(storeFault(refusal, server)).toMatch(/holds a copy that was not finished: empty it/);
    expect((await copied(first, server)).outcome).toMatchObject({ ok: false });
    expect(messageOf((await copied(server, await blankPlace('sqlite'))).outcome)).toContain(
      'not finished',
    );
  });

  it('names the table whose rows the other engine refuses', async () => {
    const first = await filledPlace();
    const source = await openTestStore(first);
    await sql`update sites set name = 'a' || char(0) || 'b'`.execute(source.db);
    await source.close();
    const { outcome } = await copied(first, await blankPlace('postgres'));
    expect(outcome).toMatchObject({ ok: false });
    expect(messageOf(outcome)).toMatch(/refuses rows of sites: /);
  });

  it('goes only into an empty database', async () => {
    const first = await filledPlace();
    const server = await temporaryPlace('postgres');
    const store = await openTestStore(server);
    await sql`insert into settings values ('channel_key', 'x')`.execute(store.db);
    const { outcome } = await copied(first, server);
    expect(messageOf(outcome)).toMatch(/ is not empty: /);
    await sql`delete from settings`.execute(store.db);
    await store.close();
    expect((await copied(first, server)).outcome).toMatchObject({ ok: true });
    expect(messageOf((await copied(server, first)).outcome)).toContain('is not empty');
  });

  it('needs the same migration, and says which one is missing', async () => {
    const older = await filledPlace();
    const store = await openTestStore(older);
    await sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`.execute(
      store.db,
    );
    await store.close();
    const server = await blankPlace('postgres');
    const refused = (await copied(older, server)).outcome;
    expect(messageOf(refused)).toMatch(/older version .* start this one's hub/);
    const newer = await filledPlace();
    const again = await openTestStore(newer);
    await sql`insert into kysely_migration values ('9999-later', 'x')`.execute(again.db);
    await again.close();
    const alike = (await copied(newer, server)).outcome;
    expect(messageOf(alike)).toMatch(/newer version .*9999-later/);
    const refusal: unknown = await openStore(newer, log).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'storage_newer' });
    expect(storeFault(refusal, newer)).toMatch(/was written by a newer version/);
  });

  it('needs data, and the other engine', async () => {
    const nothing = await blankPlace('sqlite');
    const server = await blankPlace('postgres');
    expect((await copied(nothing, server)).outcome).toMatchObject({ ok: false });
    expect(existsSync(databaseFile(nothing.dataFolder))).toBe(false);
    expect(messageOf((await copied(server, nothing)).outcome)).toContain('holds no data of a hub');
    expect(messageOf((await copied(nothing, nothing)).outcome)).toContain('same engine');
  });
});

it('puts a table after those that it refers to, and does not guess in a circle', () => {
  const table = (name: string, ...refers: string[]): BulkTable => ({
    ...{ name, columns: [], key: [], counted: undefined },
    foreignKeys: refers.map((other) => ({ columns: [], table: other, references: [] })),
  });
  const tables = [table('c', 'b', 'a'), table('b', 'a'), table('a', 'a'), table('d')];
  expect(inForeignKeyOrder(tables).map(({ name }) => name)).toEqual(['a', 'd', 'b', 'c']);
  expect(() => inForeignKeyOrder([table('a', 'b'), table('b', 'a')])).toThrow();
});
