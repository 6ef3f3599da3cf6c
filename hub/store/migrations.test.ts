import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { newId, SessionId, UserId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { openDatabase } from './engine/sqlite/database.ts';
import { MIGRATIONS, migrate } from './migrations.ts';
import { findSessionByHash } from './sessions.ts';

async function startedWith(names: readonly string[]) {
  const db = openDatabase(temporaryFolder(atTestEnd));
  atTestEnd.add(() => db.destroy());
  const steps = Object.entries(MIGRATIONS).filter(([name]) => names.includes(name));
  expect(await migrate(db, Object.fromEntries(steps))).toEqual(names);
  return db;
}

it('brings the data of the first hub along', async () => {
  const db = await startedWith(['0001-first-light']);
  const user = newId(UserId);
  await sql`insert into users values (${user}, 'ada@example.org', 'Ada', 'x', 1)`.execute(db);
  await sql`insert into sessions values (${newId(SessionId)}, ${user}, 'hash', 'browser', 1, 2, 3)`.execute(
    db,
  );
  expect(await migrate(db)).toEqual(Object.keys(MIGRATIONS).slice(1));
  // Nobody knows when its person last gave the password.
  expect(await findSessionByHash(db, 'hash')).toMatchObject({
    userId: user,
    reauthenticatedAtMs: 0,
  });
  expect(await db.selectFrom('firmware').selectAll().execute()).toEqual([]);
});

it('migrates a hub that has had the firmware since its first step', async () => {
  const db = await startedWith(['0001-first-light', '0002-firmware']);
  // Its tables are there, and nothing says that the step was applied.
  await sql`delete from kysely_migration where name = '0002-firmware'`.execute(db);
  await sql`insert into sites values ('s', 'Home', 1)`.execute(db);
  await sql`insert into firmware_keys values ('s', 'key')`.execute(db);
  expect(await migrate(db)).toEqual(Object.keys(MIGRATIONS).slice(1));
  expect(await db.selectFrom('firmware_keys').select('key').execute()).toEqual([{ key: 'key' }]);
});

describe('the way to a unit', () => {
  const BEFORE = Object.keys(MIGRATIONS).filter((name) => name < '0013');
  const UP_TO_HERE = Object.fromEntries(
    Object.entries(MIGRATIONS).filter(([name]) => name < '0014'),
  );
  const PRESENCE = "'ready', 1, null, null, 1, null, null, null, null";

  /** Two bases with a unit each, and one that was removed: its key is never used again. */
  async function furnished() {
    const db = await startedWith(BEFORE);
    const run = async (statement: string): Promise<void> => {
      await sql.raw(statement).execute(db);
    };
    await run(`insert into sites (id, name, created_at) values ('s', 'Home', 1)`);
    for (const base of ['a', 'b']) {
      await run(`insert into bases (id, site_id, name, version, public_key, created_at, log_epoch)
        values ('${base}', 's', '${base}', '1', 'k', 1, 'e')`);
    }
    for (const [id, base] of [
      ['one', 1],
      ['two', 2],
      ['gone', 2],
    ] as const) {
      await run(`insert into units (id, base_key, base_id, site_id, name, place, host, port, link,
          presence_state, presence_since, presence_code, last_contact_at, created_at,
          presence_epoch, presence_seq, described_epoch, described_seq)
        values ('${id}', ${base}, '${base === 1 ? 'a' : 'b'}', 's', '${id}', '', '${id}.test', 8888,
          'frames', ${PRESENCE})`);
    }
    await run(`delete from units where id = 'gone'`);
    await run(`insert into desired values (1, 'on', 'true', 1, 'c', 1)`);
    await run(`insert into reading_gaps values (1, 2, 'unit_full', 1, 2, 3)`);
    await run(`insert into commands (id, unit_key, unit_id, base_id, site_id, verb, operation,
        affordance, state, issued_by, created_at, request_hash, trace)
      values ('c', 1, 'one', 'a', 's', 'set', 'writeproperty', 'on', 'queued', 'user:x', 1, 'h', '[]')`);
    const added = {
      unitId: 'one',
      unitName: 'one',
      place: '',
      baseId: 'a',
      address: { host: 'h', port: 1 },
    };
    await sql`insert into site_events (site_id, rev, type, v, at, actor, data)
      values ('s', 1, 'unit.added', 1, 1, '{"kind":"hub"}', ${JSON.stringify(added)}),
        ('s', 2, 'unit.added', 1, 1, '{"kind":"hub"}', 'damaged')`.execute(db);
    return db;
  }

  it('is added to the units that are there, which lose nothing', async () => {
    const db = await furnished();
    const before = await db.selectFrom('commands').selectAll().execute();
    expect(await migrate(db, UP_TO_HERE)).toEqual(['0013-unit-endpoints']);
    const units = await db.selectFrom('units').selectAll().orderBy('key').execute();
    expect(units).toMatchObject([
      { key: 1, id: 'one', endpoint_kind: 'base', base_key: 1, base_id: 'a', host: 'one.test' },
      { key: 2, id: 'two', endpoint_kind: 'base', base_key: 2, base_id: 'b', device_id: null },
    ]);
    expect(await db.selectFrom('commands').selectAll().execute()).toEqual(before);
    expect(await db.selectFrom('desired').select('property').execute()).toHaveLength(1);
    expect(await db.selectFrom('reading_gaps').select('count').execute()).toEqual([{ count: 3 }]);
    const events = await db.selectFrom('site_events').select('data').orderBy('rev').execute();
    expect(JSON.parse(events[0]?.data ?? '')).toEqual({
      ...{ unitId: 'one', unitName: 'one', place: '' },
      endpoint: { kind: 'base', baseId: 'a', address: { host: 'h', port: 1 } },
    });
    expect(events[1]).toEqual({ data: 'damaged' });
  });

  it('leaves references in force, and keys of removed units unused', async () => {
    const db = await furnished();
    await migrate(db);
    const add = `insert into units (id, site_id, name, place, endpoint_kind, device_id,
        presence_state, presence_since, created_at) values`;
    await sql.raw(`${add} ('new', 's', 'new', '', 'mqtt_device', 'd', 'init', 1, 1)`).execute(db);
    const fresh = await db.selectFrom('units').select('key').where('name', '=', 'new').execute();
    expect(fresh).toEqual([{ key: 4 }]);
    await sql`delete from units where id = 'one'`.execute(db);
    expect(await db.selectFrom('commands').select('id').execute()).toEqual([]);
    expect(await db.selectFrom('desired').select('property').execute()).toEqual([]);
    await sql`delete from bases where id = 'b'`.execute(db);
    expect(await db.selectFrom('units').select('name').execute()).toEqual([{ name: 'new' }]);
  });

  it('is one, whole, and applied once', async () => {
    const db = await furnished();
    await migrate(db);
    const columns = 'endpoint_kind, base_key, base_id, host, port, link, device_id';
    const add = (id: string, way: string) =>
      sql
        .raw(
          `insert into units (id, site_id, name, place, presence_state, presence_since, created_at,
            ${columns}) values ('${id}', 's', 'x', '', 'init', 1, 1, ${way})`,
        )
        .execute(db);
    for (const way of [
      `'base', 1, 'a', 'one.test', 8888, 'frames', null`,
      `'base', 1, 'a', null, 8888, 'frames', null`,
      `'base', 1, 'a', 'x', 8888, 'frames', 'd'`,
      `'base', null, null, null, null, null, 'd'`,
      `'mqtt_device', 1, 'a', 'x', 8888, 'frames', 'd'`,
      `'mqtt_device', null, null, null, null, null, null`,
      `'pigeon', null, null, null, null, null, 'd'`,
    ]) {
      await expect(add('new', way), way).rejects.toThrow(/constraint/);
    }
    // The same address at another base, and two devices.
    await add('same', `'base', 2, 'b', 'one.test', 8888, 'frames', null`);
    await add('device', `'mqtt_device', null, null, null, null, null, 'd'`);
    await add('another', `'mqtt_device', null, null, null, null, null, 'e'`);
    await expect(add('third', `'mqtt_device', null, null, null, null, null, 'd'`)).rejects.toThrow(
      /constraint/,
    );
  });

  it('is added once, where the hub was killed before it noted that it was', async () => {
    const db = await furnished();
    await migrate(db, UP_TO_HERE);
    await sql`delete from kysely_migration where name = '0013-unit-endpoints'`.execute(db);
    expect(await migrate(db, UP_TO_HERE)).toEqual(['0013-unit-endpoints']);
    expect(await db.selectFrom('units').select('id').execute()).toHaveLength(2);
    expect(await sql`pragma foreign_keys`.execute(db)).toMatchObject({
      rows: [{ foreign_keys: 1 }],
    });
  });

  it('finds the units of a base, and the one at an address, by an index', async () => {
    const db = await furnished();
    await migrate(db, UP_TO_HERE);
    for (const where of ['base_key = ?', 'base_key = ? and host = ? and port = ?']) {
      const plan = await sql<{ detail: string }>`${sql.raw(
        `explain query plan select id from units where ${where.replaceAll('?', '1')}`,
      )}`.execute(db);
      expect(plan.rows.map(({ detail }) => detail).join()).toContain('units_by_address');
    }
  });
});

describe('roll-ups of readings', () => {
  const BEFORE = Object.keys(MIGRATIONS).filter((name) => name < '0015');

  it('are to be made of the readings that are there, and all of these are kept', async () => {
    const db = await startedWith(BEFORE);
    await sql`insert into sites (id, name, created_at) values ('s', 'Home', 1)`.execute(db);
    await sql`insert into properties (unit_key, name, value, measured_at, received_at, clock)
      values (1, 'temperature', '1', 1, 1, 'synced')`.execute(db);
    await sql`insert into readings values (1, 10, 1, 1, 1, 20.5, 0)`.execute(db);
    await migrate(db);
    const [property] = await db
      .selectFrom('properties')
      .select(['rolled_up_from', 'top_seq'])
      .execute();
    expect(property).toEqual({ rolled_up_from: 8_640_000_000_000_000, top_seq: null });
    expect(await db.selectFrom('readings').select('value').execute()).toEqual([{ value: 20.5 }]);
    const [site] = await db
      .selectFrom('sites')
      .select(['raw_days', 'minute_days', 'hour_days', 'raw_floor'])
      .execute();
    expect(site).toEqual({ raw_days: null, minute_days: null, hour_days: null, raw_floor: 0 });
  });

  it('are added once, where the hub was killed before it noted that they were', async () => {
    const db = await startedWith(Object.keys(MIGRATIONS));
    await sql`delete from kysely_migration where name >= '0015'`.execute(db);
    const steps = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0016'));
    expect(await migrate(db, steps)).toEqual(['0015-reading-rollups']);
  });
});
