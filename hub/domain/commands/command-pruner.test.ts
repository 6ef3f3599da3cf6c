import { expect, it } from 'vitest';
import { CommandList } from '#protocol/http/commands.ts';
import { CommandId } from '#protocol/ids.ts';
import { finished, issue, sendCommand, startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { COMMANDS_KEPT_MS } from './command-pruner.ts';

it('removes commands that ended long ago with their keys, and keeps those that wait', async () => {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ clock });
  const body = { verb: 'invoke', affordance: 'reset' };
  const first = await sendCommand(site, body, { 'idempotency-key': 'once' });
  expect(first.status).toBe(202);
  const [ended] = await list();
  if (ended === undefined) throw new Error('no command');
  await site.base.send(finished(CommandId.parse(ended)));
  const waiting = await issue(site, { verb: 'set', affordance: 'brightness', input: 1 });
  expect(new Set(await list())).toEqual(new Set([waiting.id, ended]));
  // A session that is used goes on.
  clock.suspend(COMMANDS_KEPT_MS / 2);
  expect(new Set(await list())).toEqual(new Set([waiting.id, ended]));
  clock.suspend(COMMANDS_KEPT_MS / 2 + 3_600_000);
  await until('the old command is gone', async () => {
    clock.suspend(3_600_000);
    return (await list()).length === 1 ? true : undefined;
  });
  expect(await list()).toEqual([waiting.id]);
  // The key is free again: another request may use it.
  const other = { verb: 'invoke', affordance: 'blink', input: { times: 2 } };
  expect((await sendCommand(site, other, { 'idempotency-key': 'once' })).status).not.toBe(409);

  async function list(): Promise<string[]> {
    const { commands } = await site.owner.client.request(CommandList, {
      path: `/api/units/${site.unitId}/commands`,
    });
    return commands.map(({ id }) => id);
  }
});
