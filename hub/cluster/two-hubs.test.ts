import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { until } from '#platform/testing/until.ts';
import { STAGE } from '#protocol/command/command-stage.ts';
import { Command } from '#protocol/command/command.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { ClockDifference } from '#protocol/http/metrics.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { DiscoveryAnswer } from '#protocol/hub-link/discovery.ts';
import { Problem } from '#protocol/http/problem.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import { bodiesOf } from '#protocol/hub-link/site-part-bodies.ts';
import { toInstant } from '#protocol/json.ts';
import { connected, joinChannel, openSocket, pairBase } from '../testing/fake-base.ts';
import { addUnit } from '../testing/lamp-site.ts';
import { type BusName, BUSES, temporaryBus } from '../testing/bus-for-tests.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import {
  type Owner,
  signUpOwner,
  startTestHub,
  type TestHub,
  type TestHubOptions,
} from '../testing/test-hub.ts';
import { testEngines } from '../testing/test-store.ts';
import { describedLamp } from '../testing/things.ts';
import { watchSite } from '../testing/watcher.ts';

/** The same person, with the same session, at another hub. */
function at(hub: TestHub, owner: Owner): Owner {
  return { ...owner, client: owner.client.at(hub.addresses.http) };
}

/** Two hubs on one database; the owner is at the first, their base at the second. */
async function startTwoHubs(busName: BusName, ofTwo: Partial<TestHubOptions> = {}) {
  const database = await temporaryDatabase(onTestFinished);
  const { config, cut } = await temporaryBus(busName, database);
  const one = await startTestHub({ database, config });
  const two = await startTestHub({ database, config, ...ofTwo });
  const owner = await signUpOwner(one);
  const paired = await pairBase(one, owner);
  const base = paired.at(two);
  onTestFinished(() => base.disconnect());
  const unit = await addUnit({ owner, base: paired }, '192.0.2.10');
  await base.send({ type: 'unit.described', data: describedLamp(unit.id) });
  await base.goOnline();
  const send = async (from: Owner, body: object, headers: Readonly<Record<string, string>> = {}) =>
    Command.parse(
      (await from.client.call({ path: `/api/units/${unit.id}/commands`, body, headers })).body,
    );
  return {
    cutBus: cut,
    one,
    two,
    owner,
    ownerAtTwo: at(two, owner),
    base,
    paired,
    unitId: unit.id,
    send,
  };
}

describe.runIf(testEngines().includes('postgres')).each(BUSES)('two hubs and %s', (bus) => {
  it('a command issued at one hub goes to a base at another, and its end back', async () => {
    const { owner, base, send } = await startTwoHubs(bus);
    const body = { verb: 'invoke', affordance: 'reset' };
    const ended = send(owner, body, { prefer: 'wait=10' });
    const entry = await base.nextEntry(({ type }) => type === 'command.issued');
    if (entry.type !== 'command.issued') throw new Error('not issued');
    const step = { stage: STAGE.unitReplied, atMs: Date.now() };
    await base.send({
      type: 'command.finished',
      data: { commandId: entry.data.id, outcome: 'succeeded', trace: [step] },
    });
    expect(await ended).toMatchObject({ state: 'succeeded' });
  });

  it('what is stored at one hub is shown to who watches at another', async () => {
    const { one, two, owner, ownerAtTwo, base, unitId, send } = await startTwoHubs(bus);
    const atOne = await watchSite(one, owner.client, owner.siteId);
    const atTwo = await watchSite(two, ownerAtTwo.client, owner.siteId);
    const command = await send(owner, { verb: 'set', affordance: 'brightness', input: 7 });
    for (const watcher of [atOne, atTwo])
      await watcher.next('command.changed', ({ command: { id } }) => id === command.id);
    await until('its progress is shown at the other hub', () =>
      bodiesOf(atOne.deltas, 'command.progress').find(({ commandId }) => commandId === command.id),
    );
    const measuredAtMs = Date.now();
    const times = { measuredAtMs, receivedAtMs: measuredAtMs, clock: 'synced', seq: 1 } as const;
    const reading = { property: 'brightness', value: 9, ...times };
    await base.send({
      type: 'readings.recorded',
      data: { unitId, bootId: '00000001', readings: [reading] },
    });
    for (const watcher of [atOne, atTwo])
      await watcher.next('readings.added', ({ readings }) => readings[0]?.value === 9);
    await owner.client.done({
      method: 'PATCH',
      path: `/api/units/${unitId}`,
      body: { name: toInstant(0) },
    });
    await atTwo.next('unit.changed', ({ unit }) => unit.name === toInstant(0));
    // In order and without a gap, at both.
    for (const { deltas } of [atOne, atTwo]) {
      const places = deltas.flatMap(({ place }) => (place ? [place] : []));
      expect(places.length).toBeGreaterThan(2);
      for (const [index, { after }] of places.entries())
        if (index > 0) expect(after).toBe(places[index - 1]?.rev);
    }
  });

  it('a session that is revoked at one hub ends at the other', async () => {
    const { two, owner, ownerAtTwo } = await startTwoHubs(bus);
    const watcher = await watchSite(two, ownerAtTwo.client, owner.siteId);
    await owner.client.done({ method: 'POST', path: '/api/sign-out' });
    await until('cut', () => !watcher.socket.connected);
    const answer = await ownerAtTwo.client.call({ path: '/api/sites' });
    expect(answer.status).toBe(401);
  });

  it('a base that comes to another hub loses the connection it has', async () => {
    const { one, two, owner, base, paired, send } = await startTwoHubs(bus);
    const before = base.socket;
    const moved = paired.at(one);
    onTestFinished(() => moved.disconnect());
    await moved.goOnline();
    await until('cut', () => !before.connected);
    expect(base.closings).toEqual([{ code: 'taken_over', reconnect: 'backoff' }]);
    const command = await send(at(two, owner), { verb: 'invoke', affordance: 'reset' });
    await moved.nextEntry(
      (entry) => entry.type === 'command.issued' && entry.data.id === command.id,
    );
  });

  it('a person at one hub looks around in the network of a base at another', async () => {
    const { owner, base } = await startTwoHubs(bus);
    const units = Array.from({ length: 40 }, (_, index) => ({
      ...{ hardwareId: `lamp-${index}`, model: 'rgb-lamp', hostName: `${'x'.repeat(200)}.local` },
      ...{ address: { host: '192.0.2.7', port: 8888 }, isEncrypted: true, unitId: null },
    }));
    const found = { revision: 'one', isSearching: true, units, omitted: 0, serialPorts: [] };
    let reply: object = { ok: true, ...found };
    base.socket.on('units.discover', (_request: unknown, acknowledge: (reply: object) => void) =>
      acknowledge(reply),
    );
    const call = { path: `/api/bases/${base.id}/discovery`, body: { revision: null } };
    // Longer than one message.
    expect(await owner.client.request(DiscoveryAnswer, call)).toEqual(found);
    reply = toRefusal('overloaded');
    expect(await owner.client.call(call)).toMatchObject({ body: { code: 'overloaded' } });
    base.disconnect();
    await until('offline', async () => {
      const { body } = await owner.client.call(call);
      return Problem.parse(body).code === 'base_offline';
    });
  });

  it('hubs on one database have one certificate authority', async () => {
    const { one, two } = await startTwoHubs(bus);
    const ca = async (hub: TestHub) =>
      await (await fetch(`${hub.addresses.http}/api/ca.pem`)).text();
    expect(await ca(one)).toContain('BEGIN CERTIFICATE');
    expect(await ca(two)).toBe(await ca(one));
  });

  it('a client may ask one hub for the right to a channel at another', async () => {
    const { two, owner, ownerAtTwo } = await startTwoHubs(bus);
    const socket = openSocket(two, {}, { cookie: ownerAtTwo.client.cookie ?? '' });
    onTestFinished(() => void socket.disconnect());
    expect(await connected(socket)).toBeUndefined();
    const channel = channelName({ kind: 'site', siteId: owner.siteId });
    const { token } = await owner.client.request(ChannelAuthorization, {
      path: '/api/channels/authorize',
      body: { socketId: socket.id, channel },
    });
    expect(await joinChannel(socket, { channel, token })).toMatchObject({ ok: true });
    // It is the right of this socket alone.
    const other = openSocket(two, {}, { cookie: ownerAtTwo.client.cookie ?? '' });
    onTestFinished(() => void other.disconnect());
    expect(await connected(other)).toBeUndefined();
    expect(await joinChannel(other, { channel, token })).toMatchObject({ ok: false });
  });

  it('a right that is revoked while the bus is cut ends nevertheless', async () => {
    const { two, owner, ownerAtTwo, cutBus } = await startTwoHubs(bus);
    const watcher = await watchSite(two, ownerAtTwo.client, owner.siteId);
    await cutBus();
    await owner.client.done({ method: 'POST', path: '/api/sign-out' });
    await until('cut', () => !watcher.socket.connected);
    expect((await ownerAtTwo.client.call({ path: '/api/sites' })).status).toBe(401);
  });

  it('commands and presence go by one clock, whatever the machine of a hub says', async () => {
    const aheadMs = 20_000;
    const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
    const { one, two, owner, ownerAtTwo, base, paired, send } = await startTwoHubs(bus, {
      clock,
      isClockShared: true,
    });
    const moved = paired.at(one);
    onTestFinished(() => moved.disconnect());
    await moved.goOnline();
    base.disconnect();
    // At the other hub it would be away for 20 s already, and the command expired.
    moved.disconnect();
    const command = await send(ownerAtTwo, { verb: 'invoke', affordance: 'reset' });
    expect(command.code).toBeUndefined();
    expect(Math.abs(Date.parse(command.createdAt) - Date.now())).toBeLessThan(5_000);
    const { secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'prometheus', scope: 'metrics' },
    });
    const differenceAt = async (hub: TestHub) => {
      const path = '/api/metrics/clock';
      const answer = await hub.client({ bearer: secret }).request(ClockDifference, { path });
      return Math.round(answer.databaseAheadSeconds ?? Number.NaN);
    };
    expect([await differenceAt(one), await differenceAt(two)].map(Math.abs)).toEqual([0, 20]);
  });
});
