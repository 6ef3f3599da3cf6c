import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../testing/test-hub.ts';
import { databaseFile, openDatabase } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { migrate } from '../../migrations.ts';
import { getSetting, putSetting } from '../../settings.ts';
import type { SettingKey } from '../../settings.ts';
import type { Tx } from '../../schema.ts';

async function openStore() {
  const folder = temporaryFolder(onTestFinished);
  const db = openDatabase(folder);
  onTestFinished(() => db.destroy());
  await migrate(db);
  return { db, folder, writer: new GroupCommit(db) };
}

const ADA = 'usr_ada';
const put = (key: SettingKey, value: string) => (tx: Tx) => putSetting(tx, key, value);

describe('group commit', () => {
  it('rolls a failing job back alone, with others in its transaction', async () => {
    const { db, writer } = await openStore();
    const outcomes = await Promise.allSettled([
      writer.run(put('channel_key', 'kept'), ADA),
      writer.run(async (tx) => {
        await putSetting(tx, 'setup_code_hash', 'lost');
        throw new Error('no');
      }, ADA),
      writer.run((tx) => getSetting(tx, 'channel_key'), ADA),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[2]).toMatchObject({ value: 'kept' });
    expect(await getSetting(db, 'setup_code_hash')).toBeUndefined();
  });

  it('rolls a failing job back that is alone', async () => {
    const { db, writer } = await openStore();
    const failing = writer.run(async (tx) => {
      await putSetting(tx, 'setup_code_hash', 'lost');
      throw new Error('no');
    }, ADA);
    await expect(failing).rejects.toThrow('no');
    expect(await getSetting(db, 'setup_code_hash')).toBeUndefined();
  });

  it('answers nothing that others cannot read yet', async () => {
    const { folder, writer } = await openStore();
    const other = new Database(databaseFile(folder), { readonly: true });
    onTestFinished(() => {
      other.close();
    });
    const read = other.prepare('SELECT value FROM settings WHERE key = ?').pluck();
    const keys = ['channel_key', 'setup_code_hash'] as const;
    for (const together of [keys.slice(0, 1), keys]) {
      await Promise.all(
        together.map(async (key) => {
          const value = `${key} of ${together.length}`;
          await writer.run(put(key, value), ADA);
          expect(read.get(key)).toBe(value);
        }),
      );
    }
  });

  it('answers in the order of arrival', async () => {
    const { db, writer } = await openStore();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 450 }, async (_, index) => {
        await writer.run(put('channel_key', String(index)), ADA);
        order.push(index);
      }),
    );
    expect(order).toEqual([...order.keys()]);
    expect(await getSetting(db, 'channel_key')).toBe('449');
  });

  it('says that the disk is full, to all whose work is not on it', async () => {
    const { db, writer } = await openStore();
    await writer.run(put('channel_key', 'before'), ADA);
    await sql`pragma max_page_count = 1`.execute(db);
    const outcomes = await Promise.allSettled([
      writer.run(put('channel_key', 'x'.repeat(1_000_000)), ADA),
      writer.run(put('setup_code_hash', 'y'.repeat(1_000_000)), ADA),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'storage_full' } });
    }
    await sql`pragma max_page_count = 1000000`.execute(db);
    expect(await getSetting(db, 'channel_key')).toBe('before');
    await writer.run(put('channel_key', 'after'), ADA);
    expect(await getSetting(db, 'channel_key')).toBe('after');
  });

  it('refuses more than it may hold', async () => {
    const { writer } = await openStore();
    const jobs = Array.from({ length: 5_001 }, () => writer.run(put('channel_key', 'x'), ADA));
    const outcomes = await Promise.allSettled(jobs);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'overloaded' } }]);
    await writer.drain();
  });

  it('refuses the writer with the most waiting, and serves the others in turn', async () => {
    const { writer } = await openStore();
    const order: string[] = [];
    const write = async (name: string, by: string): Promise<void> => {
      await writer.run(put('channel_key', name), by);
      order.push(by);
    };
    const greedy = Array.from({ length: 5_000 }, () => write('x', 'greedy'));
    const ends = Promise.allSettled(greedy);
    const modest = ['bob', 'bob', 'cem'].map((by) => write('y', by));
    await Promise.all(modest);
    // Not after the 5,000 that came before them, but in the first transaction.
    expect(order.filter((by) => by === 'greedy').length).toBeLessThan(200);
    const lost = (await ends).flatMap(({ status }, index) => (status === 'rejected' ? index : []));
    expect(lost).toEqual([4_997, 4_998, 4_999]);
    await expect(greedy[4_999]).rejects.toMatchObject({ code: 'overloaded' });
    expect(order).toHaveLength(5_000);
  });
});

describe('migrations', () => {
  it('run once, and find the database as they left it', async () => {
    const { db } = await openStore();
    expect(await migrate(db)).toEqual([]);
  });

  it('that fail leave the database as it was, and say so', async () => {
    const { db } = await openStore();
    const broken = { '9999-broken': { up: () => Promise.reject(new Error('no')) } };
    await expect(migrate(db, broken)).rejects.toMatchObject({ code: 'internal' });
    expect(await getSetting(db, 'channel_key')).toBeUndefined();
  });
});
