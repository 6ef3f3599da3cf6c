import { expect, it, onTestFinished } from 'vitest';
import { channelName } from '#protocol/hub-link/channels.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { Epoch, newId } from '#protocol/ids.ts';
import { connected, joinChannel, openSocket } from '../../testing/fake-base.ts';
import { type LampSite, addUnit, finished, issue, startLampSite } from '../../testing/lamp-site.ts';

/** Joins anew, as a dashboard does that was cut off there. */
async function resume(site: LampSite, after: SiteCursor) {
  const { client, siteId } = site.owner;
  const socket = openSocket(site.hub, {}, { cookie: client.cookie ?? '' });
  onTestFinished(() => void socket.disconnect());
  await connected(socket);
  const channel = channelName({ kind: 'site', siteId });
  const { token } = await client.request(ChannelAuthorization, {
    path: '/api/channels/authorize',
    body: { socketId: socket.id, channel },
  });
  const reply = await joinChannel(socket, { channel, token, after });
  if (!reply.ok || !reply.resumed || !reply.cursor) throw new Error('not resumed');
  return { resumed: reply.resumed, cursor: reply.cursor };
}

const cursorOf = async ({ owner }: LampSite) =>
  (await owner.client.request(SiteSnapshot, { path: `/api/sites/${owner.siteId}/snapshot` }))
    .cursor;

it('brings the state of everything that changed since, and the position to continue from', async () => {
  const site = await startLampSite({ online: false });
  const before = await cursorOf(site);
  const added = await addUnit(site, '192.0.2.60');
  const waiting = await issue(site, { verb: 'set', affordance: 'brightness', input: 40 });
  await site.base.send(finished(waiting.id, { output: 40 }));
  const { resumed, cursor } = await resume(site, before);
  if (!resumed.recovered) throw new Error(resumed.reason);
  const said = resumed.parts.map(({ name, body }) => {
    if (name === 'unit.changed') return `${name} ${body.unit.id}`;
    if (name === 'unit.values') return `${name} ${body.unitId}`;
    return name === 'command.changed' ? `${name} ${body.command.state}` : name;
  });
  expect(said).toEqual([
    `unit.changed ${added.id}`,
    `unit.values ${site.unitId}`,
    'base.changed',
    'command.changed succeeded',
  ]);
  expect(cursor).toEqual(await cursorOf(site));
  expect((await resume(site, cursor)).resumed).toMatchObject({
    recovered: true,
    parts: [{ name: 'base.changed' }],
  });
});

it('brings values that were measured meanwhile, of which there are no events', async () => {
  const site = await startLampSite({ online: false });
  const before = await cursorOf(site);
  await site.base.send({
    type: 'readings.recorded',
    data: {
      unitId: site.unitId,
      bootId: '0000002a',
      readings: [
        {
          property: 'temperature',
          value: 20.5,
          measuredAtMs: 1_000,
          receivedAtMs: 1_001,
          clock: 'synced',
          seq: 1,
        },
      ],
    },
  });
  const { resumed, cursor } = await resume(site, before);
  expect(resumed).toMatchObject({
    recovered: true,
    parts: [
      {
        name: 'unit.values',
        body: { unitId: site.unitId, reported: { temperature: { value: 20.5 } } },
      },
      { name: 'base.changed' },
    ],
  });
  expect(cursor).toMatchObject({ rev: before.rev, readings: before.readings + 1 });
});

it('says why it cannot: another life of the events, or more of them than an answer brings', async () => {
  const site = await startLampSite({ online: false });
  const cursor = await cursorOf(site);
  const refused = async (after: SiteCursor) => (await resume(site, after)).resumed;
  const epoch = { recovered: false, reason: 'epoch' };
  expect(await refused({ ...cursor, epoch: newId(Epoch) })).toEqual(epoch);
  expect(await refused({ ...cursor, rev: cursor.rev + 1 })).toEqual(epoch);
  for (let index = 0; index < 201; index += 1) await addUnit(site, `10.0.0.${index}`);
  expect(await refused(cursor)).toEqual({ recovered: false, reason: 'too_far' });
});
