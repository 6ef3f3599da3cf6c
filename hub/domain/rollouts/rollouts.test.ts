import { describe, expect, it } from 'vitest';
import { SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { RolloutList } from '#protocol/http/firmware.ts';
import { UnitView } from '#protocol/http/units.ts';
import { RolloutId, type UnitId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { FirmwareMaker } from '../../testing/firmware-file.ts';
import {
  type RolloutSite,
  addMember,
  nextOrder,
  orderAtBase,
  rolloutOf,
  startRollout,
  startRolloutSite,
  untilRollout,
  updateChanged,
  uploadFirmware,
} from '../../testing/rollout-site.ts';
import { signUpOther, snapshotOf, startTestHub } from '../../testing/test-hub.ts';
import { describedLamp } from '../../testing/things.ts';
import { until } from '#platform/testing/until.ts';
import { watchSite } from '../../testing/watcher.ts';

async function viewOf({ owner }: RolloutSite, unitId: UnitId): Promise<UnitView> {
  return await owner.client.request(UnitView, { path: `/api/units/${unitId}` });
}

async function confirm(site: RolloutSite, unitId: UnitId): Promise<void> {
  const order = await nextOrder(site.base, unitId);
  await site.base.send(updateChanged(unitId, order));
}

async function press(site: RolloutSite, rollout: RolloutView, verb: string): Promise<string> {
  const answer = await site.owner.client.call({
    method: 'POST',
    path: `/api/rollouts/${rollout.id}/${verb}`,
  });
  return String(answer.status);
}

/** The units in the order of their turns. */
async function turnsOf(site: RolloutSite, rollout: RolloutView): Promise<UnitId[]> {
  return (await rolloutOf(site, rollout.id)).units.map(({ unitId }) => unitId);
}

describe('a rollout', () => {
  it('orders the canaries first, then the shares, and ends when all are through', async () => {
    const site = await startRolloutSite(4);
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    const rollout = await startRollout(site, { percentages: [50, 100] });
    expect(rollout).toMatchObject({
      state: 'running',
      step: 0,
      targets: [1, 2, 4],
      counts: { waiting: 3, underWay: 1, confirmed: 0, failed: 0, cancelled: 0 },
      firmware: { model: 'lamp', version: '1.1.0' },
    });
    const turns = await turnsOf(site, rollout);
    const [canary] = turns;
    if (canary === undefined) throw new Error('no canary');
    const order = await nextOrder(site.base, canary);
    expect(order).toMatchObject({
      firmwareId: site.firmware.id,
      sha256: site.firmware.sha256,
      fileBytes: site.firmware.fileBytes,
    });
    expect((await viewOf(site, canary)).update).toMatchObject({
      state: 'queued',
      isCanary: true,
      version: '1.1.0',
      fromVersion: '1.0.0',
    });
    await confirm(site, canary);
    for (const [step, count] of [
      [1, 2],
      [2, 4],
    ] as const) {
      const details = await untilRollout(site, rollout.id, (now) => now.rollout.step === step);
      const begun = details.units.filter(({ state }) => state !== 'waiting');
      expect(begun.map(({ unitId }) => unitId)).toEqual(turns.slice(0, count));
      for (const { unitId, state } of begun) if (state === 'queued') await confirm(site, unitId);
    }
    const ended = await untilRollout(site, rollout.id, (now) => now.rollout.state === 'finished');
    expect(ended.rollout.counts).toMatchObject({ confirmed: 4, waiting: 0, underWay: 0 });
    await watcher.next('rollout.changed', (delta) => delta.rollout.state === 'finished');
    await watcher.next('unit.changed', ({ unit }) => unit.update?.state === 'confirmed');
    const { rollouts } = await snapshotOf(site.owner);
    expect(rollouts).toEqual([ended.rollout]);
  });

  it('shows how each unit came on, and why one failed', async () => {
    const site = await startRolloutSite(1);
    const rollout = await startRollout(site);
    const order = await nextOrder(site.base, site.unitId);
    const report = async (change: Parameters<typeof updateChanged>[2]): Promise<void> => {
      await site.base.send(updateChanged(site.unitId, order, change));
    };
    await report({ state: 'queued', code: 'unit_unreachable' });
    await report({ state: 'downloading' });
    await report({ state: 'queued', code: 'unit_timeout' });
    await report({ state: 'downloading' });
    await report({ state: 'verified' });
    await report({ state: 'applying' });
    await report({ state: 'rolled_back', code: 'update_rolled_back' });
    const { rollout: ended, units } = await untilRollout(
      site,
      rollout.id,
      (now) => now.rollout.state === 'stopped',
    );
    expect(ended.counts.failed).toBe(1);
    expect(units[0]?.steps.map(({ state, code }) => [state, code])).toEqual([
      ['waiting', undefined],
      ['queued', undefined],
      ['queued', 'unit_unreachable'],
      ['downloading', undefined],
      ['queued', 'unit_timeout'],
      ['downloading', undefined],
      ['verified', undefined],
      ['applying', undefined],
      ['rolled_back', 'update_rolled_back'],
    ]);
    // The order is over: a base that fetches the whole state does not get it again.
    const resumed = await site.base.resume(newId(RolloutId), 0);
    if (!resumed.ok || resumed.recovered) throw new Error('no snapshot');
    expect(resumed.units[0]?.update).toBeUndefined();
  });

  it('accepts a report once, in the order of the outbox, and none that goes back', async () => {
    const site = await startRolloutSite(2);
    await startRollout(site);
    const order = await nextOrder(site.base, site.unitId);
    const reported = (state: 'downloading' | 'applying', seq: number) => ({
      ...updateChanged(site.unitId, order, { state }),
      seq,
    });
    await site.base.post(site.base.batch([reported('applying', 1_009)]));
    await site.base.post(
      site.base.batch([reported('downloading', 1_007), reported('applying', 1_009)]),
    );
    await site.base.post(site.base.batch([reported('downloading', 1_010)]));
    const { update } = await viewOf(site, site.unitId);
    expect(update?.steps.map(({ state }) => state)).toEqual(['waiting', 'queued', 'applying']);
  });

  it('does not let a base report on a unit that has another update', async () => {
    const site = await startRolloutSite(2);
    await startRollout(site, { canaryIds: site.unitIds });
    const [first, second] = site.unitIds;
    if (!first || !second) throw new Error('no units');
    const order = await nextOrder(site.base, first);
    const receipt = await site.base.send(updateChanged(second, order));
    expect(receipt.refused).toMatchObject([{ code: 'event_foreign' }]);
  });

  it('is stopped by a failed canary: the others keep what they have', async () => {
    const site = await startRolloutSite(3);
    const rollout = await startRollout(site, { stopAtFailures: 3 });
    const [canary = site.unitId, ...others] = await turnsOf(site, rollout);
    const order = await nextOrder(site.base, canary);
    await site.base.send(
      updateChanged(canary, order, { state: 'failed', code: 'update_wrong_model' }),
    );
    const { units } = await untilRollout(
      site,
      rollout.id,
      (now) => now.rollout.state === 'stopped',
    );
    expect(units.map(({ state, code }) => [state, code])).toEqual([
      ['failed', 'update_wrong_model'],
      ['cancelled', undefined],
      ['cancelled', undefined],
    ]);
    for (const unitId of others) expect(orderAtBase(site.base, unitId)).toBeUndefined();
  });

  it('starts no unit while it is paused, and continues when resumed', async () => {
    const site = await startRolloutSite(2);
    const rollout = await startRollout(site);
    const [canary = site.unitId, other = site.unitId] = await turnsOf(site, rollout);
    expect(await press(site, rollout, 'pause')).toBe('200');
    await confirm(site, canary);
    await untilRollout(site, rollout.id, (now) => now.rollout.counts.confirmed === 1);
    expect((await rolloutOf(site, rollout.id)).rollout.counts.waiting).toBe(1);
    expect(await press(site, rollout, 'resume')).toBe('200');
    await confirm(site, other);
    await untilRollout(site, rollout.id, (now) => now.rollout.state === 'finished');
    expect(await press(site, rollout, 'pause')).toBe('409');
  });

  it('is ended by hand: what waits is cancelled, and of the rest its base says how it ended', async () => {
    const site = await startRolloutSite(3);
    const rollout = await startRollout(site, { canaryIds: site.unitIds.slice(0, 2) });
    const [first = site.unitId, second = site.unitId] = await turnsOf(site, rollout);
    const order = await nextOrder(site.base, first);
    await site.base.send(updateChanged(first, order, { state: 'applying' }));
    const late = await nextOrder(site.base, second);
    expect(await press(site, rollout, 'abort')).toBe('200');
    const { rollout: ended, units } = await rolloutOf(site, rollout.id);
    expect(ended.state).toBe('aborted');
    expect(units.map(({ state }) => state)).toEqual(['applying', 'cancelled', 'cancelled']);
    await until('both orders are cancelled', () =>
      [first, second].every((unitId) => orderAtBase(site.base, unitId) === undefined)
        ? true
        : undefined,
    );
    // It ran the image before it heard of that: so it is said.
    await site.base.send(updateChanged(second, late), updateChanged(first, order));
    expect((await rolloutOf(site, rollout.id)).rollout.counts.confirmed).toBe(2);
    expect(await press(site, rollout, 'abort')).toBe('409');
  });

  it('says which units it includes, and does not touch those of another', async () => {
    const site = await startRolloutSite(2);
    const [first = site.unitId, second = site.unitId] = site.unitIds;
    const path = `/api/sites/${site.owner.siteId}/rollouts`;
    const refused = async (body: object): Promise<string> =>
      await site.owner.client.refused({ path, body: { firmwareId: site.firmware.id, ...body } });
    await startRollout(site, { unitIds: [first] });
    expect(await refused({ unitIds: [first] })).toBe('unit_updating');
    expect(await refused({ unitIds: [newId(RolloutId)] })).toBe('unit_unknown');
    expect(await refused({ unitIds: [second], canaryIds: [first] })).toBe('rollout_unit_unfit');
    expect(await refused({ percentages: [50] })).toBe('bad_request');
    expect(await refused({ percentages: [50, 20, 100] })).toBe('bad_request');
    const others = await startRollout(site);
    expect(await turnsOf(site, others)).toEqual([second]);
    expect(await refused({})).toBe('rollout_empty');
    await confirm(site, first);
    await site.base.send({
      type: 'unit.described',
      data: describedLamp(first, { firmwareVersion: '1.1.0', bootId: '00000002' }),
    });
    expect(await refused({ unitIds: [first] })).toBe('rollout_unit_unfit');
    const maker = await FirmwareMaker.create();
    const foreign = await uploadFirmware(site.owner, await maker.file({ model: 'relay' }));
    expect(await refused({ firmwareId: foreign.id })).toBe('rollout_empty');
    const remove = { method: 'DELETE', path: `/api/firmware/${site.firmware.id}` };
    expect(await site.owner.client.refused(remove)).toBe('firmware_in_use');
    await confirm(site, second);
    await untilRollout(site, others.id, (now) => now.rollout.state === 'finished');
    await site.owner.client.done(remove);
    expect((await rolloutOf(site, others.id)).rollout.firmware).toMatchObject({
      id: null,
      version: '1.1.0',
    });
  });

  it('waits for a base that is away, continues after a restart of the hub, and orders nothing twice', async () => {
    const site = await startRolloutSite(2, { online: false });
    const rollout = await startRollout(site);
    expect((await rolloutOf(site, rollout.id)).rollout.hold).toBe('canary_away');
    await site.hub.close();
    const hub = await startTestHub({ config: { dataFolder: site.hub.dataFolder } });
    const base = site.base.at(hub);
    const resumed = await base.goOnline();
    if (!resumed.ok || resumed.recovered) throw new Error('no snapshot');
    const ordered = resumed.units.filter(({ update }) => update !== undefined);
    expect(ordered).toHaveLength(1);
    const [unit] = ordered;
    if (!unit?.update) throw new Error('no order');
    await base.send(updateChanged(unit.unitId, unit.update));
    const other = site.unitIds.find((id) => id !== unit.unitId) ?? site.unitId;
    const next = await nextOrder(base, other);
    expect(next.updateId).not.toBe(unit.update.updateId);
    expect(orderAtBase(base, unit.unitId)).toBeUndefined();
    base.disconnect();
  });

  it('continues without a removed unit', async () => {
    const site = await startRolloutSite(3);
    const rollout = await startRollout(site, { canaryIds: site.unitIds.slice(0, 1) });
    const [first = site.unitId, second = site.unitId, third = site.unitId] = await turnsOf(
      site,
      rollout,
    );
    await confirm(site, first);
    await nextOrder(site.base, second);
    await site.owner.client.done({ method: 'DELETE', path: `/api/units/${second}` });
    await confirm(site, third);
    const ended = await untilRollout(site, rollout.id, (now) => now.rollout.state === 'finished');
    expect(ended.rollout.counts.confirmed).toBe(2);
  });

  it('passes on how far a transfer is, and keeps it to units of that base', async () => {
    const site = await startRolloutSite(1);
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    await startRollout(site);
    const { updateId } = await nextOrder(site.base, site.unitId);
    const transfer = { updateId, unitId: site.unitId, doneBytes: 512, totalBytes: 1_024 };
    site.base.socket.emit('update.progress', { ...transfer, doneBytes: -1 });
    site.base.socket.emit('update.progress', transfer);
    expect(await watcher.next('update.progress')).toMatchObject(transfer);
  });
});

it('fits a message with as many orders as an entry can have', async () => {
  const site = await startRolloutSite(1);
  await startRollout(site);
  const order = await nextOrder(site.base, site.unitId);
  const name = '\u{1f4a1}'.repeat(LIMITS.nameChars);
  const host = 'h'.repeat(253);
  const unit = {
    unitId: site.unitId,
    name,
    address: { host, port: 65_535 },
    link: 'line-sensor',
    hardwareId: 'h'.repeat(LIMITS.unitLink.hardwareIdChars),
    update: order,
  };
  const units = Array.from({ length: LIMITS.unitsPerEntry }, () => unit);
  const bytes = Buffer.byteLength(JSON.stringify({ units, removed: [] }));
  expect(bytes).toBeLessThan(LIMITS.socketMessageBytes - 1_024);
});

describe('who may start, see and end rollouts', () => {
  it('is run by owners, seen by members, and by nobody else', async () => {
    const site = await startRolloutSite(1);
    const { hub, owner } = site;
    const rollout = await startRollout(site);
    const member = await addMember(hub, owner);
    const otherUser = await signUpOther(hub, owner);
    const path = `/api/sites/${owner.siteId}/rollouts`;
    const start = { path, body: { firmwareId: site.firmware.id } };
    const list = { path };
    const look = { path: `/api/rollouts/${rollout.id}` };
    const changes = ['pause', 'resume', 'abort'].map((verb) => ({
      method: 'POST',
      path: `/api/rollouts/${rollout.id}/${verb}`,
    }));
    for (const call of [start, list, look, ...changes]) {
      expect(await hub.client().refused(call)).toBe('unauthenticated');
    }
    for (const call of [start, list]) expect(await otherUser.refused(call)).toBe('site_unknown');
    for (const call of [look, ...changes]) {
      expect(await otherUser.refused(call)).toBe('rollout_unknown');
    }
    for (const call of [start, ...changes]) expect(await member.refused(call)).toBe('forbidden');
    expect((await member.request(RolloutList, list)).rollouts).toHaveLength(1);
    const token = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'reads', scope: 'read' },
    });
    const reader = hub.client({ bearer: token.secret });
    for (const call of [start, ...changes]) expect(await reader.refused(call)).toBe('forbidden');
    expect((await reader.request(RolloutList, list)).rollouts).toHaveLength(1);
    await owner.client.done({ method: 'DELETE', path: `/api/account/tokens/${token.token.id}` });
    expect(await reader.refused(list)).toBe('token_invalid');
    const elsewhere = await owner.client.request(SiteView, {
      path: '/api/sites',
      body: { name: 'Elsewhere' },
    });
    const foreign = { ...start, path: `/api/sites/${elsewhere.id}/rollouts` };
    expect(await owner.client.refused(foreign)).toBe('firmware_unknown');
  });
});
