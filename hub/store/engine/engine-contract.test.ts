import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { openTestStore, temporaryPlace, testEngines } from '../../testing/test-store.ts';
import { hold } from '../holds.ts';
import { inSavepoint } from './savepoint.ts';
import type { Tx } from '../schema.ts';
import { getSetting, putSetting, type SettingKey } from '../settings.ts';
import { insertSite, renameSite } from '../sites.ts';
import { engineOf, listOf } from './adapter.ts';

const put = (key: SettingKey, value: string) => (tx: Tx) => putSetting(tx, key, value);
const TURN = { owner: 'ada', pool: 'history' } as const;
/** More than 32 bits hold, as times in milliseconds are. */
const BIG = 1_750_000_000_000;

describe.each(testEngines())('a store on %s', (engine) => {
  it('rolls a failing job back alone, and keeps those beside it', async () => {
    const { db, writer } = await openTestStore(engine);
    const outcomes = await Promise.allSettled([
      writer.run(put('channel_key', 'kept'), 'ada'),
      writer.run(async (tx) => {
        await putSetting(tx, 'setup_code_hash', 'lost');
        throw new Error('no');
      }, 'ada'),
      writer.run((tx) => getSetting(tx, 'channel_key'), 'ada'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[2]).toMatchObject({ value: 'kept' });
    expect(await getSetting(db, 'setup_code_hash')).toBeUndefined();
  });

  it('goes on after a statement that failed within a part', async () => {
    const { db, writer } = await openTestStore(engine);
    await writer.run(async (tx) => {
      await putSetting(tx, 'channel_key', 'before');
      const failing = inSavepoint(tx, async () => {
        await putSetting(tx, 'setup_code_hash', 'undone');
        await sql`insert into settings (key, value) values ('channel_key', 'twice')`.execute(tx);
      });
      await expect(failing).rejects.toThrow();
      await inSavepoint(tx, () => putSetting(tx, 'channel_key', 'after'));
    }, 'ada');
    expect(await getSetting(db, 'channel_key')).toBe('after');
    expect(await getSetting(db, 'setup_code_hash')).toBeUndefined();
  });

  it('fails a job whose transaction a failed statement has ended', async () => {
    const { db, writer } = await openTestStore(engine);
    const job = writer.run(async (tx) => {
      await putSetting(tx, 'channel_key', 'lost');
      await sql`select nonsense`.execute(tx).catch(() => undefined);
      if (engine === 'sqlite') throw new Error('SQLite goes on after it');
    }, 'ada');
    await expect(job).rejects.toThrow();
    expect(await getSetting(db, 'channel_key')).toBeUndefined();
  });

  it('answers nothing that others cannot read yet, one writer in its order', async () => {
    const place = await temporaryPlace(engine);
    const { writer } = await openTestStore(place);
    const other = await openTestStore(place);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await writer.run(put('channel_key', String(index)), 'ada', () => order.push(index));
        expect(Number(await getSetting(other.db, 'channel_key'))).toBeGreaterThanOrEqual(index);
      }),
    );
    expect(order).toEqual([...order.keys()]);
  });

  it('refuses more than it may hold', async () => {
    const { writer } = await openTestStore(engine);
    const jobs = Array.from({ length: 5_001 }, () => writer.run(put('channel_key', 'x'), 'ada'));
    const outcomes = await Promise.allSettled(jobs);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'overloaded' } });
  });

  it('gives numbers as numbers, bytes as bytes, and ids in the order of their bytes', async () => {
    const { db, writer } = await openTestStore(engine);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const names = ['a', 'B', 'Z', 'z', '_', '-', 'é', '€'];
    await writer.run(async (tx) => {
      const site = await insertSite(tx, 'Home', BIG);
      for (const id of names) {
        const { id: site_id } = site;
        await sql`insert into firmware values (${id}, ${site_id}, ${id}, 7, ${bytes}, ${BIG},
          ${bytes}, 'lamp', 'ada', ${BIG})`.execute(tx);
      }
    }, 'ada');
    const rows = await db
      .selectFrom('firmware')
      .select(['id', 'file_bytes', 'key_id', 'manifest'])
      .orderBy('id')
      .execute();
    const bytewise = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(rows.map(({ id }) => id)).toEqual(bytewise);
    expect(rows[0]).toMatchObject({ file_bytes: 7, key_id: BIG });
    expect(Buffer.from(rows[0]?.manifest ?? []).equals(bytes)).toBe(true);
    const counted = await db
      .selectFrom('firmware')
      .select(({ fn }) => [
        fn.countAll<number>().as('count'),
        fn.sum<number>('file_bytes').as('sum'),
        fn.max('key_id').as('greatest'),
      ])
      .executeTakeFirstOrThrow();
    expect(counted).toEqual({ count: 8, sum: 56, greatest: BIG });
  });

  it('takes a list of rows along in a query, of any length', async () => {
    const { db } = await openTestStore(engine);
    const { dialect } = engineOf(db);
    for (const length of [1, 1_000]) {
      const ids = Array.from({ length }, (_, index) => `id "${index}", {}`);
      const list = listOf(
        dialect,
        { id: 'text', at: 'bigint', value: 'float8' },
        ids.map((id, index) => [id, BIG + index, index / 3]),
      );
      const { rows } = await sql<{ place: number; id: string; at: number; value: number }>`
        select place, id, at + 1 as at, value from ${list} as list order by place desc`.execute(db);
      const last = length - 1;
      expect(rows).toHaveLength(length);
      expect(rows[0]).toEqual({
        place: last,
        id: ids[last],
        at: BIG + length,
        value: last / 3,
      });
    }
  });

  it('reads what belongs together in the state of one commit', async () => {
    const { writer, reads } = await openTestStore(engine);
    await writer.run(put('channel_key', 'before'), 'ada');
    const [first, second] = await reads.run(async (tx) => {
      const early = await getSetting(tx, 'channel_key');
      await writer.run(put('channel_key', 'after'), 'ada');
      return [early, await getSetting(tx, 'channel_key')];
    });
    expect([first, second]).toEqual(['before', 'before']);
  });

  it('answers long reads, and lets them change nothing', async () => {
    const { reader } = await openTestStore(engine);
    const One = z.object({ one: z.number() });
    expect(await reader.rows(One, sql`select 41 + 1 as one`, TURN)).toEqual([{ one: 42 }]);
    const write = reader.rows(One, sql`create table written (one integer)`, TURN);
    await expect(write).rejects.toBeInstanceOf(AppError);
    const written = reader.rows(One, sql`select one from written`, TURN);
    await expect(written).rejects.toMatchObject({ code: 'internal' });
    await expect(reader.rows(One, sql`select nonsense`, TURN)).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('lets one at a time have what a unit of work holds', async () => {
    const place = await temporaryPlace(engine);
    const first = await openTestStore(place);
    // One data folder is of one hub.
    const second = engine === 'sqlite' ? first : await openTestStore(place);
    const site = await first.writer.run((tx) => insertSite(tx, '0', BIG), 'hub');
    const raise = async (tx: Tx): Promise<void> => {
      await hold(tx, { site: site.id });
      const { name } = await tx
        .selectFrom('sites')
        .select('name')
        .where('id', '=', site.id)
        .executeTakeFirstOrThrow();
      await renameSite(tx, site.id, String(Number(name) + 1));
    };
    const works = Array.from({ length: 20 }, (_, index) =>
      [first, second].map(({ writer }) => writer.run(raise, `writer ${index}`)),
    );
    await Promise.all(works.flat());
    const found = await first.db.selectFrom('sites').select('name').execute();
    expect(found).toEqual([{ name: '40' }]);
  });
});
