import { describe, expect, it } from 'vitest';
import { BASE_EVENT_TYPES } from '#protocol/hub-link/base-events.ts';
import { STAGE } from '#protocol/command/command-stage.ts';
import { UnitId, newId } from '#protocol/ids.ts';
import { type FakeBase, pairBase } from '../testing/fake-base.ts';
import { type TargetBase, forgedEvent } from '../testing/forged-events.ts';
import { issue, traceOf } from '../testing/lamp-site.ts';
import {
  type RolloutSite,
  nextOrder,
  rolloutOf,
  startRollout,
  startRolloutSite,
} from '../testing/rollout-site.ts';
import { snapshotOf } from '../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';
import { watchSite } from '../testing/watcher.ts';

async function startTarget(): Promise<{ site: RolloutSite; forger: FakeBase; target: TargetBase }> {
  const site = await startRolloutSite(1);
  const forger = await pairBase(site.hub, site.owner);
  const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
  await startRollout(site);
  const order = await nextOrder(site.base, site.unitId);
  return { site, forger, target: { unitId: site.unitId, commandId: command.id, order } };
}

describe('a base that reports on another base’s things', () => {
  it('is refused whatever it says, and nothing comes of it', async () => {
    const { site, forger, target } = await startTarget();
    const before = await snapshotOf(site.owner);
    const { received } = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    for (const type of BASE_EVENT_TYPES) {
      const receipt = await forger.send(forgedEvent(type, target));
      expect(receipt, type).toMatchObject({ accepted: 0, refused: [{ code: 'event_foreign' }] });
    }
    const after = await snapshotOf(site.owner);
    expect(after.units).toEqual(before.units);
    expect(received.filter(({ name }) => /^(readings|unit\.event|update)/.test(name))).toEqual([]);
    const { command } = await traceOf(site, target.commandId);
    expect(command.endedAt).toBeNull();
    const [rollout] = after.rollouts;
    if (!rollout) throw new Error('no rollout');
    expect((await rolloutOf(site, rollout.id)).units).toMatchObject([{ state: 'queued' }]);
  });

  it('is refused a report on its own unit with the update of another', async () => {
    const { site, forger, target } = await startTarget();
    const own = newId(UnitId);
    await forger.send({
      type: 'units.declared',
      data: {
        units: [
          { unitId: own, name: 'Own', address: { host: '192.0.2.98', port: 1 }, link: 'frames' },
        ],
      },
    });
    const receipt = await forger.send(forgedEvent('update.changed', { ...target, unitId: own }));
    expect(receipt.refused).toMatchObject([{ code: 'event_foreign' }]);
    // Nor may the rightful base mix up its own.
    const mixed = await site.base.send(forgedEvent('update.changed', { ...target, unitId: own }));
    expect(mixed.refused).toMatchObject([{ code: 'event_foreign' }]);
  });

  it('moves nothing by what it says live', async () => {
    const { site, forger, target } = await startTarget();
    await forger.goOnline();
    const { received } = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    const { unitId, order, commandId } = target;
    const progress = { updateId: order.updateId, unitId, doneBytes: 1, totalBytes: 2 };
    forger.socket.emit('update.progress', progress);
    forger.socket.emit('command.progress', {
      commandId,
      state: 'running',
      stage: STAGE.unitReceived,
      atMs: 1,
    });
    await forger.socket.timeout(5_000).emitWithAck('time.get');
    site.base.socket.emit('update.progress', progress);
    await until('the rightful one is passed on', () =>
      received.some(({ name }) => name === 'update.progress') ? true : undefined,
    );
    // The rightful base comes online, and has received its command.
    const foreign = received.filter(
      (part) =>
        part.name !== 'base.changed' &&
        !(part.name === 'command.progress' && part.body.state === 'received'),
    );
    expect(foreign.map(({ name }) => name)).toEqual(['update.progress']);
    expect((await traceOf(site, commandId)).steps.map(({ state }) => state)).not.toContain(
      'running',
    );
  });
});
