import { describe, expect, it } from 'vitest';
import { HubId, type SiteId, newId } from '#protocol/ids.ts';
import { openTestStore, testEngines } from '../testing/test-store.ts';
import type { Store } from './engine/store.ts';
import { claimMessages, insertMessages, type MessageRecord } from './mqtt-messages.ts';
import { dropExpiredRetained, dropOldMessages } from './mqtt-pruning.ts';
import { retain } from './mqtt-retained.ts';
import { insertSite } from './sites.ts';

const ALL = { beforeMs: 0, perSite: 1_000_000, limit: 1_000 };

/** Whose turn it is, which says nothing here. */
const BY = 'test';

describe.each(testEngines())('messages on %s', (engine) => {
  it('go when they are too old, the oldest first and so many at a time', async () => {
    const { store, site, messages } = await filled(10);
    const bounds = { ...ALL, beforeMs: messages[6]?.storedAtMs ?? 0 };
    expect(await store.writer.run((tx) => dropOldMessages(tx, { ...bounds, limit: 4 }), BY)).toBe(
      4,
    );
    expect(await kept(store, site)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(await store.writer.run((tx) => dropOldMessages(tx, { ...bounds, limit: 4 }), BY)).toBe(
      2,
    );
    expect(await kept(store, site)).toEqual([7, 8, 9, 10]);
    expect(await store.writer.run((tx) => dropOldMessages(tx, bounds), BY)).toBe(0);
  });

  it('go when there are too many at a site, however young', async () => {
    const { store, site } = await filled(10);
    expect(await store.writer.run((tx) => dropOldMessages(tx, { ...ALL, perSite: 3 }), BY)).toBe(7);
    expect(await kept(store, site)).toEqual([8, 9, 10]);
    expect(await floorOf(store, site)).toBe(7);
  });

  it('stay while one of them waits in a queue, and go afterwards', async () => {
    const { store, site } = await filled(5);
    const session = await queue(store, site, 2);
    expect(await store.writer.run((tx) => dropOldMessages(tx, { ...ALL, perSite: 0 }), BY)).toBe(4);
    expect(await kept(store, site)).toEqual([2]);
    await store.writer.run(async (tx) => {
      await tx.deleteFrom('mqtt_queue').where('session_key', '=', session).execute();
    }, BY);
    expect(await store.writer.run((tx) => dropOldMessages(tx, { ...ALL, perSite: 0 }), BY)).toBe(1);
    expect(await kept(store, site)).toEqual([]);
  });

  it('of a site go whatever is kept of another', async () => {
    const { store, site } = await filled(3);
    const other = await fill(store, 3);
    const bounds = { ...ALL, perSite: 2, limit: 1 };
    const removed = await store.writer.run((tx) => dropOldMessages(tx, bounds), BY);
    const then = await store.writer.run((tx) => dropOldMessages(tx, bounds), BY);
    expect([removed, then]).toEqual([1, 1]);
    expect([await kept(store, site), await kept(store, other.site)]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  it('that are retained go when their time is over', async () => {
    const { store, site, messages } = await filled(1);
    const [one] = messages;
    if (!one) throw new Error('no message');
    await store.writer.run(async (tx) => {
      await retain(tx, { ...one, topic: 'for/ever' });
      await retain(tx, { ...one, topic: 'a/while', expiresAtMs: 5_000 });
    }, BY);
    const drop = (nowMs: number) =>
      store.writer.run((tx) => dropExpiredRetained(tx, { nowMs, limit: 10 }), BY);
    expect(await drop(4_999)).toBe(0);
    expect(await drop(5_000)).toBe(1);
    const rows = await store.db.selectFrom('mqtt_retained').select(['site_id', 'topic']).execute();
    expect(rows).toEqual([{ site_id: site, topic: 'for/ever' }]);
  });

  async function filled(count: number) {
    const store = await openTestStore(engine);
    return { store, ...(await fill(store, count)) };
  }
});

/** A site with messages 1, 2, ... stored a second apart. */
async function fill(store: Store, count: number) {
  return await store.writer.run(async (tx) => {
    const { id: site } = await insertSite(tx, 'Home', 0);
    const { seq } = await claimMessages(tx, site, count);
    const messages = Array.from({ length: count }, (_, index): MessageRecord => ({
      ...{ site, seq: seq - count + 1 + index, storedAtMs: (index + 1) * 1_000 },
      ...{ topic: 'a/b', payload: Buffer.from('x'), qos: 1, isRetained: false },
      ...{ properties: null, expiresAtMs: null, author: 'test', sessionKey: null },
    }));
    await insertMessages(tx, messages, newId(HubId));
    return { site, messages };
  }, BY);
}

async function kept(store: Store, site: SiteId): Promise<number[]> {
  const rows = await store.db
    .selectFrom('mqtt_messages')
    .select('seq')
    .where('site_id', '=', site)
    .orderBy('seq')
    .execute();
  return rows.map(({ seq }) => seq);
}

async function floorOf(store: Store, site: SiteId): Promise<number | undefined> {
  const row = await store.db
    .selectFrom('mqtt_sites')
    .select('floor')
    .where('site_id', '=', site)
    .executeTakeFirst();
  return row?.floor;
}

/** @returns the key of the session in whose queue it waits */
async function queue(store: Store, site: SiteId, seq: number): Promise<number> {
  return await store.writer.run(async (tx) => {
    const { key } = await tx
      .insertInto('mqtt_sessions')
      .values({
        ...{ identity: 'test', client_id: 'c', hub_id: null, generation: 1, expiry_ms: 1_000 },
        ...{ expires_at: null, will: null, will_delay_ms: 0, will_at: null },
        ...{ queued: 1, queued_bytes: 1, dropped: 0 },
      })
      .returning('key')
      .executeTakeFirstOrThrow();
    await tx
      .insertInto('mqtt_queue')
      .values({
        ...{ session_key: key, site_id: site, seq, qos: 1, is_released: 0, may_be_sent: 0 },
        ...{ retain: 0, prefix: '', identifiers: '[]', bytes: 1 },
      })
      .execute();
    return key;
  }, BY);
}
