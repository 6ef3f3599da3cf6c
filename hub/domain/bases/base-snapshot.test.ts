import { describe, expect, it } from 'vitest';
import { Command, type IssuedCommand } from '#protocol/command/command.ts';
import type { ResumeAnswer, SnapshotPlace, UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { type CommandId, newId, UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { addUnit, issue, type LampSite, startLampSite } from '../../testing/lamp-site.ts';
import { describedLamp } from '../../testing/things.ts';

type Page = Extract<ResumeAnswer, { recovered: false }>;

/** As long as names and hosts get. */
const declared = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    unitId: newId(UnitId),
    name: '\u3042'.repeat(64),
    address: { host: `${index}.${'a'.repeat(60)}.${'b'.repeat(60)}.lan`, port: 8888 },
    link: 'frames' as const,
  }));

async function page(site: LampSite, next?: SnapshotPlace | null): Promise<Page> {
  const reply = await site.base.resume(null, 0, next ?? undefined);
  if (!reply.ok || reply.recovered) throw new Error(JSON.stringify(reply));
  expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThan(LIMITS.socketMessageBytes);
  return reply;
}

async function pages(site: LampSite): Promise<{
  units: UnitAssignment[];
  commands: IssuedCommand[];
  count: number;
  last: Page;
}> {
  let last = await page(site);
  const units = [...last.units];
  const commands = [...last.commands];
  let count = 1;
  for (; last.next; count += 1) {
    last = await page(site, last.next);
    units.push(...last.units);
    commands.push(...last.commands);
  }
  return { units, commands, count, last };
}

async function enqueue(site: LampSite, unitId: UnitId): Promise<Command> {
  return await site.owner.client.request(Command, {
    path: `/api/units/${unitId}/commands`,
    body: { verb: 'enqueue', affordance: 'brightness', input: 5 },
  });
}

async function connect(site: LampSite): Promise<void> {
  await site.base.connect();
  await site.base.join();
}

describe('a snapshot of what is pending', () => {
  it('comes in pages that a message holds, all units and then all commands', async () => {
    const site = await startLampSite({ online: false });
    const units = declared(350);
    await site.base.send({ type: 'units.declared', data: { units } });
    const others: UnitId[] = [site.unitId];
    for (const host of ['192.0.2.21', '192.0.2.22']) {
      const { id } = await addUnit(site, host);
      await site.base.send({
        type: 'unit.described',
        data: describedLamp(id, { hardwareId: host }),
      });
      others.push(id);
    }
    const issued: CommandId[] = [];
    for (let index = 0; index < 120; index += 1) {
      const unitId = others[index % others.length];
      if (unitId) issued.push((await enqueue(site, unitId)).id);
    }
    await connect(site);
    const all = await pages(site);
    expect(new Set(all.units.map(({ unitId }) => unitId))).toEqual(
      new Set([...others, ...units.map(({ unitId }) => unitId)]),
    );
    expect(all.units).toHaveLength(353);
    expect(all.commands.map(({ id }) => id)).toEqual(issued);
    expect(all.count).toBeGreaterThan(4);
  });

  it('leaves what comes between two pages to the log', async () => {
    const site = await startLampSite({ online: false });
    await site.base.send({ type: 'units.declared', data: { units: declared(120) } });
    const before = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 5 });
    await connect(site);
    const first = await page(site);
    expect(first.next).not.toBeNull();
    const between = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 6 });
    expect(between.state).toBe('queued');
    const last = await page(site, first.next);
    expect(last).toMatchObject({ headSeq: first.headSeq, next: null });
    expect(last.commands.map(({ id }) => id)).toEqual([before.id]);
    expect(site.base.entries).toEqual([]);
    const reply = await site.base.resume(last.epoch, last.headSeq);
    expect(reply).toMatchObject({
      recovered: true,
      entries: [{ seq: last.headSeq + 1, data: { id: between.id } }],
    });
  });

  it('goes live with its last page', async () => {
    const site = await startLampSite({ online: false });
    await site.base.send({ type: 'units.declared', data: { units: declared(120) } });
    await connect(site);
    const { last } = await pages(site);
    const live = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 6 });
    const entry = await site.base.nextEntry();
    expect(entry).toMatchObject({ seq: last.headSeq + 1, data: { id: live.id } });
  });

  it('restarts when the log is another one', async () => {
    const site = await startLampSite({ online: false });
    await connect(site);
    const { epoch, headSeq } = await page(site);
    const place = { epoch, headSeq: headSeq + 9, afterUnitId: null, afterSeq: headSeq };
    expect(await page(site, place)).toMatchObject({ headSeq, units: [{ unitId: site.unitId }] });
  });
});

describe('what changes in the list of units', () => {
  it('is sent in entries that fit into a message', async () => {
    const site = await startLampSite();
    const units = declared(250);
    await site.base.send({ type: 'units.declared', data: { units } });
    const wanted = new Set(units.map(({ unitId }) => unitId));
    const entries = Math.ceil(units.length / LIMITS.unitsPerEntry);
    await site.base.nextEntry(() => site.base.entries.length === entries);
    for (const entry of site.base.entries) {
      expect(Buffer.byteLength(JSON.stringify(entry))).toBeLessThan(LIMITS.socketMessageBytes);
      if (entry.type !== 'units.assigned') throw new Error(entry.type);
      for (const { unitId } of entry.data.units) wanted.delete(unitId);
    }
    expect(wanted.size).toBe(0);
  });

  it('is sent in its current state to a base that was away', async () => {
    const site = await startLampSite();
    const live = await site.base.resume();
    if (!live.ok) throw new Error(live.code);
    site.base.disconnect();
    const unit = await addUnit(site, '192.0.2.60');
    await site.owner.client.done({ method: 'DELETE', path: `/api/units/${unit.id}` });
    await connect(site);
    expect(await site.base.resume(live.epoch, live.headSeq)).toMatchObject({
      recovered: true,
      entries: [
        { type: 'units.assigned', data: { units: [], removed: [unit.id] } },
        { type: 'units.assigned', data: { units: [], removed: [unit.id] } },
      ],
    });
  });
});
