import { expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { startLampSite } from '../testing/lamp-site.ts';
import { snapshotOf } from '../testing/test-hub.ts';

it('keeps so many properties that no description names, and then only those that one does', async () => {
  const site = await startLampSite({ online: false });
  const measure = async (names: readonly string[]) =>
    await site.base.tell({
      type: 'readings.taken',
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
