import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { RolloutId, newId } from '#protocol/ids.ts';
import { temporaryFolder } from '../testing/test-hub.ts';
import { openDatabase } from './engine/sqlite/database.ts';
import { migrate } from './migrations.ts';
import { ReadableRows } from './readable-rows.ts';
import { type RolloutRecord, dropOldRollouts, insertRollout, rolloutsOfSite } from './rollouts.ts';
import { insertSite } from './sites.ts';

const PLAN = { percentages: [100], soakMs: 0, stopAtFailures: 1, stopAtPercent: null };

it('forgets rollouts that ended long ago, and never one that is open', async () => {
  const db = openDatabase(temporaryFolder(onTestFinished));
  onTestFinished(() => db.destroy());
  await migrate(db);
  const readable = new ReadableRows({ log: pino({ level: 'silent' }) });
  const left = await db.transaction().execute(async (tx) => {
    const site = await insertSite(tx, 'Home', 1);
    const rollout = (atMs: number, endedAtMs: number | null): RolloutRecord => ({
      id: newId(RolloutId, atMs),
      siteId: site.id,
      firmwareId: null,
      model: 'lamp',
      version: '1.0.0',
      plan: PLAN,
      state: endedAtMs === null ? 'paused' : 'finished',
      step: 0,
      hold: null,
      nextStepAtMs: null,
      startedBy: 'user:1',
      createdAtMs: atMs,
      endedAtMs,
    });
    for (const record of [rollout(1, null), rollout(2, 5), rollout(3, 6), rollout(4, 7)]) {
      await insertRollout(tx, record);
    }
    await dropOldRollouts(tx, site.id, 2);
    return await rolloutsOfSite(tx, readable, { siteId: site.id, limit: 10 });
  });
  expect(left.map(({ createdAtMs }) => createdAtMs)).toEqual([4, 3, 1]);
});
