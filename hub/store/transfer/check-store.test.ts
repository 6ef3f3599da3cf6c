import { createHash } from 'node:crypto';
import { openSync, writeSync, closeSync, statSync } from 'node:fs';
import { sql } from 'kysely';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LampSite, sendCommand, startLampSite } from '../../testing/lamp-site.ts';
import {
  openTestDatabase,
  openTestStore,
  temporaryPlace,
  testEngines,
  blankPlace,
} from '../../testing/test-store.ts';
import { databaseOfFolder } from '../../testing/test-database.ts';
import { databaseFile } from '../engine/sqlite/database.ts';
import type { StorePlace } from '../open-store.ts';
import type { Db } from '../schema.ts';
import { markUnfinished } from '../unfinished-copy.ts';
import { checkStore } from './check-store.ts';

const log = pino({ level: 'silent' });

/** The data of a hub that has done a little of everything, while it runs. */
async function usedPlace(): Promise<{
  readonly site: LampSite;
  readonly place: StorePlace;
  readonly db: Db;
}> {
  const site = await startLampSite();
  const { dataFolder } = site.hub;
  for (let index = 0; index < 3; index += 1) {
    await sendCommand(site, { verb: 'set', affordance: 'on', input: true });
  }
  const db = await openTestDatabase(dataFolder);
  onTestFinished(() => db.destroy());
  return {
    site,
    place: { dataFolder, database: await databaseOfFolder(dataFolder, onTestFinished) },
    db,
  };
}

describe('a check of the data', () => {
  it('finds nothing wrong with those of a hub, even while it runs', async () => {
    const { place } = await usedPlace();
    expect(await checkStore(place, log)).toEqual([]);
  });

  it('finds nothing wrong where a unit and a base were removed', async () => {
    const { place, site } = await usedPlace();
    const { client } = site.owner;
    await client.done({ method: 'DELETE', path: `/api/units/${site.unitId}` });
    expect(await checkStore(place, log)).toEqual([]);
    await client.done({ method: 'DELETE', path: `/api/bases/${site.base.id}` });
    expect(await checkStore(place, log)).toEqual([]);
  });

  it('says what is wrong, a sentence each', async () => {
    const { place, db } = await usedPlace();
    const damages: readonly (readonly [string, RegExp])[] = [
      [`delete from site_events where rev = 2`, /^Events of a site are missing/],
      [`delete from base_log where seq = 1`, /^Entries are missing in the log of a base/],
      [`update bases set log_acked = log_head + 1`, /acknowledged more/],
      [`update bases set connection = null, is_live = 1`, /live without a connection/],
      [`update commands set ended_at = 1`, /^Of the commands that are \w+, [1-3] have ended by/],
      [
        `insert into event_ranges select key, 'x', 1, 5 from bases union all select key, 'x', 4, 9 from bases`,
        /^Ranges of settled events of a base overlap/,
      ],
      [`update members set role = 'guest'`, /members and no owner/],
      [
        `insert into event_cursors select 'c', id, epoch, rev + 1 from sites`,
        /handled more of a site/,
      ],
    ];
    for (const [damage] of damages) await sql.raw(damage).execute(db);
    const findings = await checkStore(place, log);
    for (const [damage, sentence] of damages) {
      expect(
        findings.filter((finding) => sentence.test(finding)),
        damage,
      ).toHaveLength(1);
    }
    expect(findings.length).toBe(damages.length);
    for (const finding of findings) expect(finding).toMatch(/^[A-Z].*\.$/);
  });
});

describe.each(testEngines())('a check on %s', (engine) => {
  it('finds rows that refer to nothing', async () => {
    const place = await temporaryPlace(engine);
    const { db } = await openTestStore(place);
    await db.connection().execute(async (one) => {
      await sql
        .raw(
          engine === 'sqlite'
            ? 'pragma foreign_keys = off'
            : `set session_replication_role = replica`,
        )
        .execute(one);
      await sql`insert into firmware_keys values ('nowhere', 'key')`.execute(one);
      await sql
        .raw(
          engine === 'sqlite'
            ? 'pragma foreign_keys = on'
            : `set session_replication_role = origin`,
        )
        .execute(one);
    });
    expect(await checkStore(place, log)).toEqual([
      'firmware_keys has 1 row that refer to sites which do not exist.',
    ]);
  });

  it('reads the images of firmware', async () => {
    const place = await temporaryPlace(engine);
    const { db } = await openTestStore(place);
    await sql`insert into sites (id, name, created_at, epoch) values ('s', 'Home', 1, 'e')`.execute(
      db,
    );
    const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
    const whole = digestOf('whole');
    for (const sha256 of [whole, digestOf('cut'), digestOf('other'), digestOf('none')]) {
      await sql`insert into firmware values (${sha256}, 's', ${sha256}, 5, ${Buffer.of(1)}, 1,
        ${Buffer.of(1)}, 'lamp', 'user:x', 1)`.execute(db);
    }
    const part = async (sha256: string, number: number, text: string) =>
      sql`insert into firmware_images values (${sha256}, ${number}, ${Buffer.from(text)})`.execute(
        db,
      );
    await part(whole, 0, 'who');
    await part(whole, 1, 'le');
    await part(digestOf('cut'), 1, 'cut');
    await part(digestOf('other'), 0, 'wrong');
    const [missing, changed, ...rest] = await checkStore(place, log);
    expect(rest).toEqual([]);
    const both = [digestOf('cut'), digestOf('none')].toSorted().join(', ');
    expect(missing).toBe(`Bytes of a firmware image are missing: ${both}.`);
    expect(changed).toBe(`A firmware image is not what was uploaded: ${digestOf('other')}.`);
  });

  it('says when there is nothing to check', async () => {
    const place = await blankPlace(engine);
    const [finding = ''] = await checkStore(place, log);
    expect(finding).toMatch(engine === 'sqlite' ? /does not exist/ : /holds no data of a hub/);
    const { db } = await openTestStore(place);
    expect(await checkStore(place, log)).toEqual([]);
    await sql`insert into kysely_migration values ('9999-later', 'x')`.execute(db);
    expect((await checkStore(place, log)).join()).toMatch(/is at the migration 9999-later/);
    await sql`delete from kysely_migration where name = '9999-later'`.execute(db);
    await markUnfinished(db);
    expect((await checkStore(place, log)).join()).toMatch(/not finished/);
  });
});

it.skipIf(testEngines().length < 2)('finds a sequence that was left behind', async () => {
  const place = await temporaryPlace('postgres');
  const { db } = await openTestStore(place);
  await sql`insert into properties (key, unit_key, name, value, measured_at, received_at, clock)
    values (7, 1, 'on', 'true', 1, 1, 'synced')`.execute(db);
  expect(await checkStore(place, log)).toEqual([
    'The next key of properties is 1, and 7 is in use.',
  ]);
});

it('finds a damaged file', async () => {
  const place = await temporaryPlace('sqlite');
  const store = await openTestStore(place);
  await store.db.transaction().execute(async (tx) => {
    for (let index = 0; index < 2_000; index += 1) {
      await sql`insert into users (id, email, name, password_hash, created_at) values (${`id ${index}`}, ${`${index}@x`}, 'x', 'x', 1)`.execute(
        tx,
      );
    }
  });
  await store.close();
  const file = databaseFile(place.dataFolder);
  const handle = openSync(file, 'r+');
  const { size } = statSync(file);
  // The newest pages are of the rows above.
  for (let page = size / 4_096 - 12; page * 4_096 < size; page += 1) {
    writeSync(handle, Buffer.alloc(2_000, 0xa5), 0, 2_000, page * 4_096 + 100);
  }
  closeSync(handle);
  const findings = await checkStore(place, log);
  expect(findings.length).toBeGreaterThan(0);
  for (const finding of findings) expect(finding).toMatch(/^The file is damaged: /);
});
