import { describe, expect, it } from 'vitest';
import { HubId, newId } from '#protocol/ids.ts';
import { openTestStore, testEngines } from '../testing/test-store.ts';
import { claimWork, clearDirty, dirtySites, markDirty } from './event-cursors.ts';
import { dropHub, putHub } from './hubs.ts';
import { insertSite } from './sites.ts';

describe.each(testEngines())('the work of a consumer, on %s', (engine) => {
  it('is of one hub that is on record, and of any other once that is gone', async () => {
    const { db, writer } = await openTestStore(engine);
    const [one, two] = [newId(HubId), newId(HubId)];
    const site = await writer.run(async (tx) => {
      for (const hub of [one, two]) await putHub(tx, hub, 60_000);
      const { id } = await insertSite(tx, 'Home', 0);
      await markDirty(tx, 'test', id);
      return id;
    }, 'ada');
    const at = (hub: HubId) => ({ consumer: 'test', hub });
    const claim = (hub: HubId) => writer.run((tx) => claimWork(tx, at(hub), site), 'ada');
    const seen = (hub: HubId) => dirtySites(db, at(hub), { after: undefined, limit: 10 });
    const claims = await Promise.all([claim(one), claim(two), claim(one), claim(two)]);
    expect(claims.filter(Boolean)).toHaveLength(2);
    const [has, hasNot] = claims[0] ? [one, two] : [two, one];
    expect([await seen(has), await seen(hasNot)]).toEqual([[site], []]);
    // A further event changes nothing about it.
    await writer.run((tx) => markDirty(tx, 'test', site), 'ada');
    expect(await claim(hasNot)).toBe(false);
    await writer.run((tx) => dropHub(tx, has), 'ada');
    expect([await seen(hasNot), await claim(hasNot)]).toEqual([[site], true]);
    await writer.run((tx) => clearDirty(tx, 'test', site), 'ada');
    expect([await seen(hasNot), await claim(hasNot)]).toEqual([[], false]);
  });
});
