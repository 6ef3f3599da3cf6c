import { describe, expect, it } from 'vitest';
import { CommandList } from '#protocol/http/commands.ts';
import { UnitView } from '#protocol/http/units.ts';
import { BaseId, CommandId, Epoch, UnitId, newId } from '#protocol/ids.ts';
import { until } from '#platform/testing/until.ts';
import { addUnit, issue, sendCommand, startLampSite } from '../../testing/lamp-site.ts';
import { signUpOther, snapshotOf } from '../../testing/test-hub.ts';
import { describedLamp } from '../../testing/things.ts';
import { watchSite } from '../../testing/watcher.ts';

function hostOf({ endpoint }: UnitView): string | undefined {
  return endpoint.kind === 'base' ? endpoint.address.host : undefined;
}

describe('units', () => {
  it('are added, changed and removed, and the base is notified each time', async () => {
    const site = await startLampSite();
    const { client, siteId } = site.owner;
    const watcher = await watchSite(site.hub, client, siteId);
    const assigned = async (fits: (names: string[]) => boolean) =>
      await site.base.nextEntry(
        (entry) =>
          entry.type === 'units.assigned' && fits(entry.data.units.map(({ name }) => name)),
      );
    const unit = await addUnit(site, '192.0.2.60');
    expect(unit).toMatchObject({ presence: { state: 'init' }, identity: null, description: null });
    await assigned((names) => names.length === 1);
    const path = `/api/units/${unit.id}`;
    const changed = await client.request(UnitView, {
      method: 'PATCH',
      path,
      body: {
        ...{ name: 'Desk', place: 'Study' },
        endpoint: { kind: 'base', address: { host: 'desk.local', port: 1 } },
      },
    });
    expect(changed).toMatchObject({
      ...{ name: 'Desk', place: 'Study', endpoint: { address: { port: 1 } } },
    });
    await watcher.next('unit.changed', (delta) => delta.unit.name === 'Desk');
    await assigned((names) => names.includes('Desk'));
    expect(await client.done({ method: 'DELETE', path })).toBe(204);
    await site.base.nextEntry(
      (entry) => entry.type === 'units.assigned' && entry.data.removed.includes(unit.id),
    );
    await watcher.next('unit.removed', (delta) => delta.unitId === unit.id);
    expect(await client.refused({ path })).toBe('unit_unknown');
  });

  it('have addresses of their own within a base', async () => {
    const site = await startLampSite({ online: false });
    const { client, siteId } = site.owner;
    const add = (baseId: string, host: string) => ({
      path: `/api/sites/${siteId}/units`,
      body: { name: 'x', endpoint: { kind: 'base', baseId, address: { host, port: 8888 } } },
    });
    expect(await client.refused(add(site.base.id, '192.0.2.10'))).toBe('unit_address_taken');
    expect(await client.refused(add(newId(BaseId), '192.0.2.11'))).toBe('base_unknown');
    expect(await client.refused(add(site.base.id, 'no such name!'))).toBe('bad_request');
    const other = await addUnit(site, '192.0.2.12');
    expect(
      await client.refused({
        method: 'PATCH',
        path: `/api/units/${other.id}`,
        body: { endpoint: { kind: 'base', address: { host: '192.0.2.10', port: 8888 } } },
      }),
    ).toBe('unit_address_taken');
    const command = { verb: 'invoke', affordance: 'color' };
    expect(await client.refused({ path: `/api/units/${other.id}/commands`, body: command })).toBe(
      'unit_undescribed',
    );
  });

  it('are at most 1,000 to a base', async () => {
    const site = await startLampSite({ online: false });
    const units = Array.from({ length: 999 }, (_, index) => ({
      unitId: newId(UnitId),
      name: `Unit ${index}`,
      address: { host: `10.0.${index >> 8}.${index & 255}`, port: 8888 },
      link: 'frames' as const,
    }));
    await site.base.send({ type: 'units.declared', data: { units } });
    const full = {
      path: `/api/sites/${site.owner.siteId}/units`,
      body: {
        name: 'x',
        endpoint: { kind: 'base', baseId: site.base.id, address: { host: '10.9.9.9', port: 8888 } },
      },
    };
    expect(await site.owner.client.refused(full)).toBe('unit_limit');
    expect((await snapshotOf(site.owner)).units).toHaveLength(1_000);
  });

  it('of a file whose address is in use do not keep the others of the file out', async () => {
    const site = await startLampSite({ online: false });
    const declared = (host: string) => ({
      unitId: newId(UnitId),
      name: host,
      address: { host, port: 8888 },
      link: 'frames' as const,
    });
    const units = ['192.0.2.70', '192.0.2.10', '192.0.2.71'].map(declared);
    const receipt = await site.base.send({ type: 'units.declared', data: { units } });
    expect(receipt).toMatchObject({ accepted: 1, refused: [] });
    const { units: known } = await snapshotOf(site.owner);
    const names = known.map(({ name }) => name).sort();
    expect(names).toEqual(['192.0.2.70', '192.0.2.71', 'Lamp']);
  });

  const proven = (unitId: UnitId, host: string) => ({
    unitId,
    name: 'Proven',
    address: { host, port: 8888 },
    link: 'frames' as const,
    isProven: true,
  });

  it('exchange their addresses once one has proven itself at that of the other', async () => {
    const site = await startLampSite({ online: false });
    const other = await addUnit(site, '192.0.2.12');
    const units = [proven(other.id, '192.0.2.10')];
    const receipt = await site.base.send({ type: 'units.declared', data: { units } });
    expect(receipt).toMatchObject({ accepted: 1, refused: [] });
    const addresses = async () =>
      Object.fromEntries(
        (await snapshotOf(site.owner)).units.map((unit) => [unit.id, hostOf(unit)]),
      );
    const exchanged = { [other.id]: '192.0.2.10', [site.unitId]: '192.0.2.12' };
    expect(await addresses()).toEqual(exchanged);
    // The other finds itself where it was put already.
    await site.base.send({
      type: 'units.declared',
      data: { units: [proven(site.unitId, '192.0.2.12')] },
    });
    expect(await addresses()).toEqual(exchanged);
  });

  it('that are new have the address of an old one once they have proven themselves there', async () => {
    const site = await startLampSite({ online: false });
    const unitId = newId(UnitId);
    const units = [proven(unitId, '192.0.2.10')];
    const receipt = await site.base.send({ type: 'units.declared', data: { units } });
    expect(receipt).toMatchObject({ accepted: 1, refused: [] });
    const { units: known } = await snapshotOf(site.owner);
    const hosts = new Map(known.map((unit) => [unit.id, hostOf(unit)]));
    expect(hosts.get(unitId)).toBe('192.0.2.10');
    expect(hosts.get(site.unitId)).toBe(`${site.unitId}.invalid`);
  });

  it('that are removed end their commands, and release waiting callers', async () => {
    const site = await startLampSite();
    const body = { verb: 'invoke', affordance: 'reset' };
    const path = `/api/units/${site.unitId}`;
    const waiting = sendCommand(site, body, { prefer: 'wait=20' });
    await site.base.nextEntry((entry) => entry.type === 'command.issued');
    // Sent together: some of them are stored after the removal.
    const during = [1, 2, 3, 4, 5, 6].map(() => sendCommand(site, body));
    const removed = site.owner.client.done({ method: 'DELETE', path });
    during.push(...[1, 2, 3, 4, 5, 6].map(() => sendCommand(site, body)));
    expect(await removed).toBe(204);
    const begunMs = Date.now();
    expect((await waiting).status).toBe(404);
    expect(Date.now() - begunMs).toBeLessThan(10_000);
    const statuses = (await Promise.all(during)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 202 && status !== 404)).toEqual([]);
  });

  it('let go who waits for their commands when their base is removed', async () => {
    const site = await startLampSite();
    const waiting = sendCommand(
      site,
      { verb: 'invoke', affordance: 'reset' },
      { prefer: 'wait=20' },
    );
    await site.base.nextEntry((entry) => entry.type === 'command.issued');
    const begunMs = Date.now();
    await site.owner.client.done({ method: 'DELETE', path: `/api/bases/${site.base.id}` });
    expect((await waiting).status).toBe(404);
    expect(Date.now() - begunMs).toBeLessThan(10_000);
  });

  it('do not exist for people of other sites, nor do their commands', async () => {
    const site = await startLampSite();
    const otherUser = await signUpOther(site.hub, site.owner);
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const path = `/api/units/${site.unitId}`;
    for (const call of [
      { path },
      { method: 'PATCH', path, body: { name: 'mine' } },
      { method: 'DELETE', path },
      { path: `${path}/history?property=temperature&from=0&to=1` },
      { path: `${path}/commands` },
      { path: `${path}/commands`, body: { verb: 'invoke', affordance: 'reset' } },
    ]) {
      expect(await otherUser.refused(call), call.path).toBe('unit_unknown');
    }
    for (const call of [
      { path: `/api/commands/${command.id}/trace` },
      { method: 'POST', path: `/api/commands/${command.id}/cancel` },
    ]) {
      expect(await otherUser.refused(call), call.path).toBe('command_unknown');
    }
    const made = { path: `/api/commands/${newId(CommandId)}/trace` };
    expect(await site.owner.client.refused(made)).toBe('command_unknown');
  });

  it('list their commands newest first, page by page', async () => {
    const site = await startLampSite({ online: false });
    const ids: string[] = [];
    for (const input of [1, 2, 3]) {
      ids.unshift((await issue(site, { verb: 'enqueue', affordance: 'brightness', input })).id);
    }
    const list = async (query: string) =>
      (
        await site.owner.client.request(CommandList, {
          path: `/api/units/${site.unitId}/commands?${query}`,
        })
      ).commands.map(({ id }) => id);
    expect(await list('')).toEqual(ids);
    expect(await list('limit=2')).toEqual(ids.slice(0, 2));
    expect(await list(`before=${ids[1] ?? ''}`)).toEqual(ids.slice(2));
  });

  it('keep the newest presence and description, also when older ones come later', async () => {
    const site = await startLampSite({ online: false });
    const nowMs = Date.now();
    const presence = (seq: number, state: string) => ({
      seq,
      type: 'unit.presence',
      data: { unitId: site.unitId, state, atMs: nowMs, lastContactAtMs: nowMs },
    });
    const description = (seq: number, firmwareVersion: string) => ({
      seq,
      type: 'unit.described',
      data: describedLamp(site.unitId, { firmwareVersion }),
    });
    const unit = async () => (await snapshotOf(site.owner)).units[0];
    await site.base.post(site.base.batch([presence(600, 'ready'), description(601, '2.0.0')]));
    const late = await site.base.post(
      site.base.batch([presence(500, 'lost'), description(501, '1.0.0')]),
    );
    expect(late.body).toEqual({ accepted: 2, duplicates: 0, refused: [] });
    expect((await unit())?.presence.state).toBe('ready');
    expect((await unit())?.identity?.firmwareVersion).toBe('2.0.0');
    await site.base.post(site.base.batch([presence(602, 'lost'), description(603, '3.0.0')]));
    expect((await unit())?.presence.state).toBe('lost');
    expect((await unit())?.identity?.firmwareVersion).toBe('3.0.0');
    // A base that was set up anew counts from 1 again.
    const reborn = site.base
      .batch([presence(1, 'ready'), description(2, '4.0.0')])
      .replaceAll(site.base.outboxEpoch, newId(Epoch));
    await site.base.post(reborn);
    expect((await unit())?.presence.state).toBe('ready');
    expect((await unit())?.identity?.firmwareVersion).toBe('4.0.0');
  });

  it('stand in the order that the caller put them in', async () => {
    const site = await startLampSite({ online: false });
    const path = `/api/sites/${site.owner.siteId}/layout`;
    await site.owner.client.done({ method: 'PUT', path, body: { unitIds: [site.unitId] } });
    expect((await snapshotOf(site.owner)).layout).toEqual([site.unitId]);
  });
});

it('publishes deltas that follow the snapshot one by one', async () => {
  const site = await startLampSite();
  const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
  const { cursor } = await snapshotOf(site.owner);
  for (let index = 0; index < 3; index += 1)
    await issue(site, { verb: 'invoke', affordance: 'reset' });
  await until('three commands', () => (watcher.received.length >= 3 ? true : undefined));
  const places = watcher.deltas.flatMap(({ place }) => place ?? []);
  const later = places.filter(({ rev }) => rev > cursor.rev);
  const ends = [cursor.rev, ...later.map(({ rev }) => rev)];
  expect(later.map(({ after }) => after)).toEqual(ends.slice(0, -1));
  expect(new Set(later.map(({ epoch }) => epoch))).toEqual(new Set([cursor.epoch]));
});
