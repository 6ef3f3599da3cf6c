import { expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { snapshotOf } from '../../testing/test-hub.ts';
import { describedLamp } from '../../testing/things.ts';

it('keeps so many properties that no description names, and then only those that one does', async () => {
  const site = await startLampSite({ online: false });
  const measure = async (names: readonly string[]) =>
    await site.base.send({
      type: 'readings.recorded',
      data: {
        unitId: site.unitId,
        bootId: '00000001',
        readings: names.map((property, seq) => {
          return { property, value: seq, measuredAtMs: 1, receivedAtMs: 1, clock: 'synced', seq };
        }),
      },
    });
  const names = Array.from({ length: 400 }, (_, index) => `made${index}`);
  expect(await measure(names)).toMatchObject({ accepted: 1, refused: [] });
  const refused = await measure(['another', 'constructor']);
  expect(refused.refused).toMatchObject([{ code: 'affordance_unknown' }]);
  // What has a value goes on, and so does what the description names.
  expect(await measure(['made0', 'temperature', 'another'])).toMatchObject({ accepted: 1 });
  const [unit] = (await snapshotOf(site.owner)).units;
  const kept = Object.keys(unit?.reported ?? {});
  expect(kept).toHaveLength(2 * LIMITS.unitLink.affordances + 1);
  expect(kept).toContain('temperature');
  expect(kept).not.toContain('another');
});

it('keeps a bounded number of what a unit once named that describes itself ever otherwise', async () => {
  const site = await startLampSite({ online: false });
  const { unitId } = site;
  const described = describedLamp(unitId);
  const [property] = Object.values(described.description.properties);
  if (!property) throw new Error('no property');
  const most = LIMITS.unitLink.affordances;
  let seq = 0;
  for (let turn = 0; turn < 6; turn += 1) {
    const names = Array.from({ length: most - 10 }, (_, index) => `t${turn}n${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, property]));
    const readings = names.map((name) => {
      const times = { measuredAtMs: turn, receivedAtMs: turn };
      seq += 1;
      return { property: name, value: true, ...times, clock: 'synced' as const, seq };
    });
    await site.base.send({
      type: 'unit.described',
      data: { ...described, description: { ...described.description, properties } },
    });
    const batch = { unitId, bootId: '00000001', readings };
    const receipt = await site.base.send({ type: 'readings.recorded', data: batch });
    expect(receipt.refused).toEqual([]);
  }
  const [unit] = (await snapshotOf(site.owner)).units;
  const kept = Object.keys(unit?.reported ?? {});
  expect(kept.length).toBeLessThanOrEqual(3 * most);
  expect(kept.filter((name) => name.startsWith('t5'))).toHaveLength(most - 10);
  expect(kept.filter((name) => name.startsWith('t0'))).toEqual([]);
});
