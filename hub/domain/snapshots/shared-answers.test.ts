import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Command } from '#protocol/command/command.ts';
import { CommandList } from '#protocol/http/commands.ts';
import { FirmwareList, RolloutList } from '#protocol/http/firmware.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { HistoryAnswer } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { addUnit, issue } from '../../testing/lamp-site.ts';
import { poison as poisonFile } from '../../testing/poison.ts';
import { POISONED } from '../../testing/poisoned-columns.ts';
import { type RolloutSite, startRollout, startRolloutSite } from '../../testing/rollout-site.ts';
import { snapshotOf } from '../../testing/test-hub.ts';
import { openTestDatabase } from '../../testing/test-store.ts';
import { until } from '#platform/testing/until.ts';
import { watchSite } from '../../testing/watcher.ts';

const HUGE = 1.7e308;

/** A value for each reading, a minute apart and now. */
async function measure(site: RolloutSite, unitId: UnitId, values: readonly number[]) {
  const nowMs = Date.now();
  await site.base.send({
    type: 'readings.recorded',
    data: {
      unitId,
      bootId: '00000001',
      readings: values.map((value, index) => {
        const atMs = nowMs - 60_000 * (values.length - index);
        const times = { measuredAtMs: atMs, receivedAtMs: atMs };
        return { property: 'temperature', value, ...times, clock: 'synced', seq: index + 1 };
      }),
    },
  });
}

const poison = ({ hub }: RolloutSite, statement: string, ...values: unknown[]): Promise<void> =>
  poisonFile(hub.dataFolder, statement, ...values);

const unitIn = (snapshot: SiteSnapshot, id: UnitId) =>
  snapshot.units.find((unit) => unit.id === id);

describe('readings near the greatest number there is', () => {
  it('have a mean between them, in the board’s line and in the history', async () => {
    const site = await startRolloutSite(2);
    const [poisoned, healthy] = site.unitIds;
    if (!poisoned || !healthy) throw new Error('two units');
    await measure(site, poisoned, [HUGE, HUGE, -HUGE, HUGE]);
    await measure(site, healthy, [20, 21]);
    const { sparklines } = await snapshotOf(site.owner);
    const means = sparklines[poisoned]?.['temperature'] ?? [];
    expect(means.length).toBeGreaterThan(0);
    for (const [, mean] of means) expect(Math.abs(mean)).toBeLessThanOrEqual(HUGE);
    // In one piece of the line, or in two where its edge falls between both.
    const last = sparklines[healthy]?.['temperature']?.at(-1)?.[1];
    expect([20.5, 21]).toContain(last);
    const nowMs = Date.now();
    const history = await site.owner.client.request(HistoryAnswer, {
      path: `/api/units/${poisoned}/history?property=temperature&from=${nowMs - 86_400_000}&to=${nowMs}&resolution=1d`,
    });
    const [first, second] = history.points;
    expect((first?.count ?? 0) + (second?.count ?? 0)).toBe(4);
    if (!second) expect(first).toMatchObject({ mean: HUGE / 2, min: -HUGE, max: HUGE });
  });

  // Text stands in no column of numbers of PostgreSQL.
  it.skipIf(inject('engine') === 'postgres')(
    'stay out where they are no numbers at all',
    async () => {
      const site = await startRolloutSite(1);
      await measure(site, site.unitId, [20, 21, 22]);
      await poison(site, 'update readings set value = 9e999 where seq = 2');
      await poison(site, "update readings set value = 'hot' where seq = 3");
      const { sparklines } = await snapshotOf(site.owner);
      expect(sparklines[site.unitId]?.['temperature']).toMatchObject([[expect.any(Number), 20]]);
      const nowMs = Date.now();
      for (const resolution of ['raw', '1d']) {
        const history = await site.owner.client.request(HistoryAnswer, {
          path: `/api/units/${site.unitId}/history?property=temperature&from=0&to=${nowMs}&resolution=${resolution}`,
        });
        expect(history.points).toMatchObject([{ last: 20, count: 1 }]);
      }
    },
  );

  it('leave counts of gaps that JSON can carry', async () => {
    const site = await startRolloutSite(1);
    const gap = { unitId: site.unitId, count: Number.MAX_SAFE_INTEGER } as const;
    await site.base.send(
      { type: 'readings.dropped', data: { ...gap, fromMs: 1, toMs: 2, reason: 'outbox_full' } },
      { type: 'readings.dropped', data: { ...gap, fromMs: 3, toMs: 4, reason: 'outbox_full' } },
      { type: 'readings.dropped', data: { ...gap, fromMs: 9e6, toMs: 9e6, reason: 'outbox_full' } },
    );
    const history = await site.owner.client.request(HistoryAnswer, {
      path: `/api/units/${site.unitId}/history?property=temperature&from=0&to=${Date.now()}`,
    });
    expect(history.gaps).toMatchObject([{ count: Number.MAX_SAFE_INTEGER, fromMs: 1 }]);
  });
});

describe('an answer that many share', () => {
  it.each(Object.entries(POISONED))('is whole but for %s', async (_what, statement) => {
    const site = await startRolloutSite(2);
    const [poisoned, healthy] = site.unitIds;
    if (!poisoned || !healthy) throw new Error('two units');
    await measure(site, poisoned, [20]);
    await measure(site, healthy, [21]);
    await issue(site, { verb: 'set', affordance: 'brightness', input: 5 });
    await startRollout(site);
    const { received } = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    await poison(site, statement, poisoned);

    const snapshot = await snapshotOf(site.owner);
    expect(unitIn(snapshot, healthy)).toMatchObject({
      name: 'Lamp',
      reported: { temperature: { value: 21 } },
      update: { state: 'waiting' },
    });
    expect(snapshot.bases).toHaveLength(1);
    expect(snapshot.rollouts).toHaveLength(1);
    expect(snapshot.sparklines[healthy]?.['temperature']).toHaveLength(1);
    const { client, siteId } = site.owner;
    await client.request(CommandList, { path: `/api/units/${poisoned}/commands` });
    const { rollouts } = await client.request(RolloutList, {
      path: `/api/sites/${siteId}/rollouts`,
    });
    expect(rollouts).toHaveLength(1);
    await client.request(FirmwareList, { path: `/api/sites/${siteId}/firmware` });

    // The base still gets its state, with the other unit in it ...
    const resumed = await site.base.resume();
    if (!resumed.ok || resumed.recovered) throw new Error(JSON.stringify(resumed));
    expect(resumed.units.map(({ unitId }) => unitId)).toContain(healthy);
    // ... also when the units are listed by name, and none is said to be gone.
    const third = await addUnit(site, '192.0.2.77');
    const entry = await site.base.nextEntry(
      ({ type, data }) =>
        type === 'units.assigned' && data.units.some(({ unitId }) => unitId === third.id),
    );
    expect(entry.data).toMatchObject({ removed: [] });
    // And what else happens is published.
    await measure(site, healthy, [22, 23]);
    await until('the readings are published', () =>
      received.some(({ name }) => name === 'readings.added'),
    );
  });

  it('reaches a base that was away, though a command that waited for it cannot be read', async () => {
    const site = await startRolloutSite(2, { online: false });
    const [poisoned, healthy] = site.unitIds;
    if (!poisoned || !healthy) throw new Error('two units');
    const set = { verb: 'set', affordance: 'brightness', input: 5 };
    await issue(site, set);
    const path = `/api/units/${healthy}/commands`;
    const { id } = await site.owner.client.request(Command, { path, body: set });
    const { received } = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    await poison(site, POISONED['a command’s input'], poisoned);
    const resumed = await site.base.goOnline();
    if (!resumed.ok || resumed.recovered) throw new Error(JSON.stringify(resumed));
    expect(resumed.commands).toMatchObject([{ id }]);
    await until('the other is published', () =>
      received.some(({ name }) => name === 'command.changed') ? true : undefined,
    );
  });

  it('ends a command that cannot be read and was never sent, and says so', async () => {
    const site = await startRolloutSite(1, { online: false });
    const { id } = await issue(site, { verb: 'set', affordance: 'brightness', input: 5 });
    await poison(site, POISONED['a command’s input'], site.unitId);
    const resumed = await site.base.goOnline();
    if (!resumed.ok || resumed.recovered) throw new Error(JSON.stringify(resumed));
    expect(resumed.commands).toEqual([]);
    const db = await openTestDatabase(site.hub.dataFolder);
    onTestFinished(() => db.destroy());
    const row = await db.selectFrom('commands').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row).toMatchObject({ state: 'failed', code: 'internal' });
  });

  it('is whole but for an image whose manifest cannot be read', async () => {
    const site = await startRolloutSite(1);
    const { siteId } = site.owner;
    await poison(site, 'update firmware set manifest = ? where site_id = ?', Buffer.of(0), siteId);
    const list = await site.owner.client.request(FirmwareList, {
      path: `/api/sites/${site.owner.siteId}/firmware`,
    });
    expect(list.firmware).toEqual([]);
  });

  it('is whole but for a rollout or a base that cannot be read', async () => {
    const site = await startRolloutSite(1);
    await startRollout(site);
    await poison(site, "update rollouts set plan = '{' where site_id = ?", site.owner.siteId);
    await poison(site, "update members set layout = '{' where site_id = ?", site.owner.siteId);
    const snapshot = await snapshotOf(site.owner);
    expect(snapshot).toMatchObject({ rollouts: [], layout: [], units: [{ id: site.unitId }] });
    await poison(site, 'update bases set created_at = 9e15 where site_id = ?', site.owner.siteId);
    expect((await snapshotOf(site.owner)).bases).toEqual([]);
  });
});
