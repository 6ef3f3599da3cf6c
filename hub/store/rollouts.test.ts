import { expect, it, onTestFinished } from 'vitest';
import { RolloutId, newId } from '#protocol/ids.ts';
import { temporaryFolder } from '../testing/test-hub.ts';
import { openDatabase } from './engine/sqlite/database.ts';
import { migrate } from './migrations.ts';
import { type RolloutRow, dropOldRollouts, insertRollout, rolloutsOfSite } from './rollouts.ts';
import { insertSite } from './sites.ts';

it('forgets rollouts that ended long ago, and never one that is open', async () => {
  const db = openDatabase(temporaryFolder(onTestFinished));
  onTestFinished(() => db.destroy());
  await migrate(db);
  const left = await db.transaction().execute(async (tx) => {
    const site = await insertSite(tx, 'Home', 1);
    const rollout = (atMs: number, endedAtMs: number | null): RolloutRow => ({
      id: newId(RolloutId, atMs),
      site_id: site.id,
      firmware_id: null,
      model: 'lamp',
      version: '1.0.0',
      plan: '{}',
      state: endedAtMs === null ? 'paused' : 'finished',
      step: 0,
      hold: null,
      next_step_at: null,
      started_by: 'user:1',
      created_at: atMs,
      ended_at: endedAtMs,
    });
    for (const row of [rollout(1, null), rollout(2, 5), rollout(3, 6), rollout(4, 7)]) {
      await insertRollout(tx, row);
    }
    await dropOldRollouts(tx, site.id, 2);
    return await rolloutsOfSite(tx, site.id, { limit: 10 });
  });
  expect(left.map(({ created_at }) => created_at)).toEqual([4, 3, 1]);
});
