import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SessionView, TokenCreated } from '#protocol/http/accounts.ts';
import { type DiscoveryAnswer, DiscoveryAnswer as Answer } from '#protocol/hub-link/discovery.ts';
import { ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import { BaseId, UserId, newId } from '#protocol/ids.ts';
import type { FakeBase } from '../../testing/fake-base.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { invite, PASSWORD, signUpOther } from '../../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';
import { BaseLinks } from './base-links.ts';
import { UnitFinder } from './unit-finder.ts';

const found: DiscoveryAnswer = {
  revision: 'one',
  isSearching: true,
  units: [
    {
      hardwareId: 'lamp-4f2a91',
      model: 'rgb-lamp',
      hostName: 'lamp-4f2a91.local',
      address: { host: '192.0.2.7', port: 8888 },
      isEncrypted: true,
      unitId: null,
    },
  ],
  omitted: 0,
  serialPorts: ['/dev/ttyUSB0'],
};
const address = { host: '192.0.2.7', port: 8888 };
const nobody = { outcome: 'nothing', code: 'unit_unreachable', unitId: null, announced: null };

/** Answers the requests to the base, and records them. */
function answering(base: FakeBase, reply: () => unknown): { name: string; request: unknown }[] {
  const requested: { name: string; request: unknown }[] = [];
  for (const name of ['units.discover', 'address.probe']) {
    base.socket.on(name, (request: unknown, acknowledge: (reply: unknown) => void) => {
      requested.push({ name, request });
      const said = reply();
      if (said !== undefined) acknowledge(said);
    });
  }
  return requested;
}

describe('looking around in the network of a base', () => {
  it("passes the base's answers to its owner", async () => {
    const { owner, base } = await startLampSite();
    let reply: object = { ok: true, ...found };
    const requested = answering(base, () => reply);
    const path = `/api/bases/${base.id}`;
    const body = { revision: 'zero' };
    expect(await owner.client.request(Answer, { path: `${path}/discovery`, body })).toEqual(found);
    reply = { ok: true, ...nobody };
    expect(
      await owner.client.request(ProbeAnswer, { path: `${path}/probe`, body: { address } }),
    ).toEqual(nobody);
    expect(requested).toEqual([
      { name: 'units.discover', request: { revision: 'zero' } },
      { name: 'address.probe', request: { address } },
    ]);
  });

  it('is for signed-in owners: not for members, others or tokens', async () => {
    const { hub, owner, base } = await startLampSite();
    const requested = answering(base, () => ({ ok: true, ...found }));
    const member = hub.client();
    await member.request(SessionView, {
      path: '/api/sign-up',
      body: {
        email: 'cy@example.org',
        name: 'Cy',
        password: PASSWORD,
        invitation: await invite(owner),
      },
    });
    const { secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'script', scope: 'control' },
    });
    const otherUser = await signUpOther(hub, owner);
    for (const [name, body] of [
      ['discovery', { revision: null }],
      ['probe', { address }],
    ] as const) {
      const call = { path: `/api/bases/${base.id}/${name}`, body };
      expect(await member.refused(call)).toBe('forbidden');
      expect(await hub.client({ bearer: secret }).refused(call)).toBe('forbidden');
      expect(await otherUser.refused(call)).toBe('base_unknown');
      expect(await hub.client().refused(call)).toBe('unauthenticated');
    }
    expect(requested).toEqual([]);
  });

  it('says that the base is offline, refuses, or makes no sense', async () => {
    const { owner, base } = await startLampSite();
    let reply: unknown = toRefusal('rate_limited');
    answering(base, () => reply);
    const call = { path: `/api/bases/${base.id}/probe`, body: { address } };
    expect(await owner.client.refused(call)).toBe('rate_limited');
    reply = { ok: true, outcome: 'unheard of' };
    expect(await owner.client.refused(call)).toBe('internal');
    const listed = { ...found, units: Array.from({ length: 65 }, () => found.units[0]) };
    reply = { ok: true, ...listed };
    const discovery = { path: `/api/bases/${base.id}/discovery`, body: { revision: null } };
    expect(await owner.client.refused(discovery)).toBe('internal');
    base.disconnect();
    await until('the base is gone', async () => {
      const code = await owner.client.refused(call);
      return code === 'base_offline' ? code : undefined;
    });
  });

  it('says that a base is offline when it goes before it answers', async () => {
    const { owner, base } = await startLampSite();
    const requested = answering(base, () => undefined);
    const refusal = owner.client.refused({
      path: `/api/bases/${base.id}/probe`,
      body: { address },
    });
    await until('the base has the request', () => requested[0]);
    base.disconnect();
    expect(await refusal).toBe('base_offline');
  });

  it('bounds what waits for one base, and probes by the minute', async () => {
    const clock = new ManualClock(Date.now());
    const { owner, base } = await startLampSite({ clock });
    const requested = answering(base, () => undefined);
    const probe = { path: `/api/bases/${base.id}/probe`, body: { address } };
    const waiting = Array.from({ length: 4 }, async () => owner.client.call(probe));
    await until('the base has four requests', () => (requested.length === 4 ? true : undefined));
    const tooMany = await owner.client.call(probe);
    expect(tooMany.status).toBe(429);
    expect(tooMany.headers.get('retry-after')).toBe('1');
    base.disconnect();
    await Promise.all(waiting);
    await base.goOnline();
    answering(base, () => ({ ok: true, ...nobody }));
    for (let count = 5; count < 20; count += 1) await owner.client.done(probe);
    expect(await owner.client.refused(probe)).toBe('rate_limited');
    clock.advance(60_000);
    expect(await owner.client.done(probe)).toBe(200);
  });
});

it('shares its waits between accounts: one with many silent bases keeps nobody out', async () => {
  const clock = new ManualClock(Date.now());
  const links = new BaseLinks();
  const accountOf = new Map<BaseId, string>();
  const finder = new UnitFinder({
    links,
    clock,
    log: pino({ level: 'silent' }),
    shares: { pathOf: (id) => Promise.resolve([accountOf.get(id) ?? '', 'site', id]) },
  });
  const requested: BaseId[] = [];
  const pairedOf = (account: string): BaseId => {
    const baseId = newId(BaseId);
    accountOf.set(baseId, account);
    links.attach(baseId, {
      connection: 'connection',
      isLive: () => true,
      appended: () => undefined,
      grew: () => undefined,
      superseded: () => undefined,
      changed: () => undefined,
      ackedSeq: () => 0,
      request: () => {
        requested.push(baseId);
        return account === 'many' ? new Promise(() => undefined) : Promise.resolve(answer);
      },
    });
    return baseId;
  };
  const answer = { ok: true, ...found };
  const userId = newId(UserId);
  const outcomes: unknown[] = [];
  for (let count = 0; count < 64; count += 1) {
    const baseId = pairedOf('many');
    for (let wait = 0; wait < 4; wait += 1) {
      finder
        .discover({ baseId, userId }, { revision: null })
        .catch((error: unknown) => outcomes.push(error));
    }
  }
  await until('all places are taken', () => finder.size === 256);
  const mine = { baseId: pairedOf('mine'), userId };
  expect(await finder.discover(mine, { revision: null })).toEqual(found);
  await until('another gave way', () => outcomes.length === 1);
  expect(outcomes).toMatchObject([{ code: 'rate_limited' }]);
  expect(finder.size).toBe(255);
});
