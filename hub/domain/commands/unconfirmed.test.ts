import { expect, it } from 'vitest';
import type { CommandId } from '#protocol/ids.ts';
import type { Verb } from '#protocol/command/command.ts';
import { finished, issue, type LampSite, startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { snapshotOf } from '../../testing/test-hub.ts';
import { watchSite } from '../../testing/watcher.ts';

async function fixture() {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ clock });
  const send = async (verb: Verb, affordance: string, input: string | number) => {
    clock.advance(1);
    return (await issue(site, { verb, affordance, input })).id;
  };
  const unconfirmed = async (id: CommandId) =>
    site.base.send(finished(id, { outcome: 'unknown', code: 'unconfirmed' }));
  return { site, send, unconfirmed };
}

const desired = async (site: LampSite) => (await snapshotOf(site.owner)).units[0]?.desired;

it('a desired value stays on view if the unit never answers', async () => {
  const { site, send, unconfirmed } = await fixture();
  const setCommand = await send('set', 'color', '#ff8800');
  await unconfirmed(setCommand);
  expect(await desired(site)).toMatchObject({ color: { value: '#ff8800', commandId: setCommand } });
});

it('a colour is stored and shown in the one spelling that units report', async () => {
  const { site, send, unconfirmed } = await fixture();
  await unconfirmed(await send('set', 'color', 'Navy'));
  expect(await desired(site)).toMatchObject({ color: { value: '#000080' } });
});

it('a desired value is over where the answer of a unit that answers was lost', async () => {
  const { site, send } = await fixture();
  const setCommand = await send('set', 'color', '#ff8800');
  await site.base.send(finished(setCommand, { outcome: 'unknown', code: 'outcome_unknown' }));
  expect(await desired(site)).toEqual({});
});

it('a newer desired value replaces an unconfirmed one, and stays in its turn', async () => {
  const { site, send, unconfirmed } = await fixture();
  await unconfirmed(await send('set', 'color', '#ff8800'));
  const newer = await send('set', 'color', '#0000ff');
  await unconfirmed(newer);
  expect(await desired(site)).toMatchObject({ color: { value: '#0000ff', commandId: newer } });
});

it('an unconfirmed desired value ends when another is sent, and the site is notified', async () => {
  const { site, send, unconfirmed } = await fixture();
  await unconfirmed(await send('set', 'color', '#ff8800'));
  const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
  await unconfirmed(await send('invoke', 'color', '#0000ff'));
  expect(await desired(site)).toEqual({});
  const reported = await watcher.next('unit.values', (d) => d.unitId === site.unitId);
  expect(reported.desired).toEqual({});
});

it('an unconfirmed desired value outlives what was sent before it, what was sent elsewhere, and a failure', async () => {
  const { site, send, unconfirmed } = await fixture();
  const before = await send('invoke', 'color', '#000000');
  const setCommand = await send('set', 'color', '#ff8800');
  await unconfirmed(setCommand);
  await unconfirmed(before);
  await unconfirmed(await send('invoke', 'brightness', 5));
  const failed = await send('invoke', 'color', '#0000ff');
  await site.base.send(finished(failed, { outcome: 'failed', code: 'unit_unreachable' }));
  expect(await desired(site)).toMatchObject({ color: { value: '#ff8800', commandId: setCommand } });
});
