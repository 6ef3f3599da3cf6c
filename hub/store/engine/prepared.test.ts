import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../testing/test-hub.ts';
import { openDatabase } from './sqlite/database.ts';
import { migrate } from '../migrations.ts';
import { prepared } from './prepared.ts';
import type { Db } from '../schema.ts';

async function openStore(): Promise<Db> {
  const db = openDatabase(temporaryFolder(onTestFinished));
  onTestFinished(() => db.destroy());
  await migrate(db);
  return db;
}

interface Setting {
  readonly key: string;
  readonly value: string;
}

/** Queries, and how often they were built. */
function settings() {
  const built = { put: 0 };
  const put = prepared<Setting>()((db, slot) => {
    built.put += 1;
    return db.insertInto('settings').values({ key: slot('key'), value: slot('value') });
  });
  const find = prepared<{ readonly key: string }>()((db, slot) =>
    db
      .selectFrom('settings')
      .select('value')
      .where('key', '=', slot('key'))
      .where('value', '!=', ''),
  );
  return { built, put, find };
}

describe('prepared queries', () => {
  it('fill the same text with new values at each run', async () => {
    const db = await openStore();
    const { built, put, find } = settings();
    for (const [key, value] of [
      ['a', '1'],
      ['b', '2'],
      ['c', ''],
    ] as const) {
      expect((await put.run(db, { key, value })).numAffectedRows).toBe(1n);
    }
    expect(built.put).toBe(1);
    expect(await find.first(db, { key: 'a' })).toEqual({ value: '1' });
    expect(await find.first(db, { key: 'b' })).toEqual({ value: '2' });
    expect(await find.rows(db, { key: 'c' })).toEqual([]);
  });

  it('belong to the transaction that they are run in', async () => {
    const db = await openStore();
    const { put, find } = settings();
    const undone = db.transaction().execute(async (tx) => {
      await put.run(tx, { key: 'a', value: '1' });
      expect(await find.first(tx, { key: 'a' })).toEqual({ value: '1' });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await find.first(db, { key: 'a' })).toBeUndefined();
  });

  it('see nothing of a transaction that they are not run in, and wait for its end', async () => {
    const db = await openStore();
    const { put, find } = settings();
    let read: Promise<{ value: string } | undefined> = Promise.resolve(undefined);
    const undone = db.transaction().execute(async (tx) => {
      await put.run(tx, { key: 'a', value: '1' });
      read = find.first(db, { key: 'a' });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await read).toBeUndefined();
  });

  it('serve several databases', async () => {
    const { put, find } = settings();
    const [one, other] = [await openStore(), await openStore()];
    await put.run(one, { key: 'a', value: '1' });
    expect(await find.first(one, { key: 'a' })).toEqual({ value: '1' });
    expect(await find.first(other, { key: 'a' })).toBeUndefined();
  });
});
