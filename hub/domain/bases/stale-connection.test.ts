import { expect, it, onTestFinished } from 'vitest';
import { join } from 'node:path';
import type { BaseId } from '#protocol/ids.ts';
import { markLive } from '../../store/base-connections.ts';
import { furnishFolder, ModelHub } from '../../testing/model/model-hub.ts';
import { temporaryFolder } from '../../testing/test-hub.ts';

/** What the hub's transactions hold of the base: whether it is there, and live. */
async function heldOf(hub: ModelHub, baseId: BaseId) {
  const { services } = hub;
  const base = await hub.base(baseId);
  return await services.unitOfWork.run(async ({ tx, appendToBaseLog }) => {
    const online = await services.connections.onlineOf(tx, base.siteId);
    const data = { units: [], removed: [] };
    const { isLive } = await appendToBaseLog(base, { type: 'units.assigned', data });
    return {
      isThere: online.has(baseId),
      isOnline: await services.connections.isOnline(tx, baseId),
      isLive,
    };
  }, 'test');
}

it('holds no base to be connected that was when an earlier run of the hub was killed', async () => {
  const parent = temporaryFolder(onTestFinished);
  const { folder, baseId } = await furnishFolder(parent);
  const killed = await ModelHub.open(folder);
  onTestFinished(() => killed.close());
  await killed.services.connections.joined(baseId, 'first');
  await killed.services.unitOfWork.run(({ tx }) => markLive(tx, baseId, 'first'), 'test');
  expect(await heldOf(killed, baseId)).toEqual({ isThere: true, isOnline: true, isLive: true });
  const left = join(parent, 'left behind');
  killed.leaveBehind(left);
  const next = await ModelHub.open(left);
  onTestFinished(() => next.close());
  expect(await heldOf(next, baseId)).toEqual({ isThere: false, isOnline: false, isLive: false });
});
