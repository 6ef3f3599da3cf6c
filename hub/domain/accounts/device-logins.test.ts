import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SiteView, TokenView } from '#protocol/http/accounts.ts';
import {
  DeviceLoginGranted,
  DeviceLoginStarted,
  DeviceLoginView,
  HubCa,
  OwnToken,
} from '#protocol/http/device-logins.ts';
import { newId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import type { HubClient } from '../../testing/hub-client.ts';
import {
  type Owner,
  signUpOwner,
  signUpOther,
  startTestHub,
  type TestHub,
} from '../../testing/test-hub.ts';

const FIND = '/api/account/device-logins/find';
const APPROVE = '/api/account/device-logins/approve';
const DENY = '/api/account/device-logins/deny';
const TOKEN = '/api/device-logins/token';

interface Fixture {
  readonly clock: ManualClock;
  readonly hub: TestHub;
  readonly owner: Owner;
  readonly program: HubClient;
  readonly start: () => Promise<DeviceLoginStarted>;
}

async function arrange(): Promise<Fixture> {
  const clock = new ManualClock(Date.now());
  const hub = await startTestHub({ clock });
  const owner = await signUpOwner(hub);
  const program = hub.client();
  const body = { host: 'ada-laptop', program: 'signalbox', scope: 'control' };
  const start = () => program.request(DeviceLoginStarted, { path: '/api/device-logins', body });
  return { clock, hub, owner, program, start };
}

const poll = ({ deviceCode }: DeviceLoginStarted) => ({ path: TOKEN, body: { deviceCode } });
const approve = ({ userCode }: DeviceLoginStarted, more: object = {}) => ({
  path: APPROVE,
  body: { userCode, scope: 'control', ...more },
});

describe('a program that signs in', () => {
  it('gets a token of the person who approves it, with what that person chose', async () => {
    const { clock, hub, owner, program, start } = await arrange();
    const login = await start();
    expect(login.userCode).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
    expect(await program.refused(poll(login))).toBe('login_pending');
    const typed = login.userCode.toLowerCase().replace('-', ' ');
    const found = await owner.client.request(DeviceLoginView, {
      path: FIND,
      body: { userCode: typed },
    });
    expect(found).toMatchObject({
      userCode: login.userCode,
      host: 'ada-laptop',
      program: 'signalbox',
      scope: 'control',
      address: '127.0.0.1',
      isSameAddress: true,
    });
    const choice = { scope: 'read', siteIds: [owner.siteId], expiresInDays: 30 };
    expect(await owner.client.done(approve(login, choice))).toBe(204);
    clock.advance(login.intervalSeconds * 1_000);
    const granted = await program.request(DeviceLoginGranted, poll(login));
    expect(granted).toMatchObject({
      user: { id: owner.userId, email: 'ada@example.org' },
      token: { name: 'signalbox on ada-laptop', scope: 'read', siteIds: [owner.siteId] },
    });
    expect(granted.secret).toMatch(/^sbx_[\w-]{43}$/);
    const mine = hub.client({ bearer: granted.secret });
    const { sites } = await mine.request(z.object({ sites: z.array(SiteView) }), {
      path: '/api/sites',
    });
    expect(sites.map(({ id }) => id)).toEqual([owner.siteId]);
    expect(await mine.refused({ path: '/api/sites', body: { name: 'x' } })).toBe('forbidden');
    clock.suspend(31 * 86_400_000);
    expect(await mine.refused({ path: '/api/sites' })).toBe('token_invalid');
  });

  it('gets the token once, even with two requests at the same time', async () => {
    const { clock, hub, owner, program, start } = await arrange();
    const login = await start();
    await owner.client.done(approve(login));
    clock.advance(60_000);
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await program.call(poll(login))).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    clock.advance(60_000);
    expect(await program.refused(poll(login))).toBe('login_used');
    const { tokens } = await owner.client.request(z.object({ tokens: z.array(TokenView) }), {
      path: '/api/account/tokens',
    });
    expect(tokens).toHaveLength(1);
    // When the token was last used is stored after the answer.
    await until('all is written', () => hub.gauges()['services.writes'] === 0);
  });

  it('gets nothing when it is denied, too late, or unknown', async () => {
    const { clock, owner, program, start } = await arrange();
    const denied = await start();
    expect(await owner.client.done({ path: DENY, body: { userCode: denied.userCode } })).toBe(204);
    expect(await program.refused(poll(denied))).toBe('login_denied');
    const late = await start();
    const approvedLate = await start();
    await owner.client.done(approve(approvedLate));
    clock.advance(LIMITS.deviceLoginTtlMs);
    expect(await program.refused(poll(late))).toBe('login_expired');
    expect(await owner.client.refused(approve(late))).toBe('login_expired');
    expect(await program.refused(poll(approvedLate))).toBe('login_expired');
    const madeUp = { path: TOKEN, body: { deviceCode: 'A'.repeat(43) } };
    expect(await program.refused(madeUp)).toBe('login_code_invalid');
  });

  it('is told to poll less often, each time by 5 s more', async () => {
    const { clock, program, start } = await arrange();
    const login = await start();
    expect(await program.refused(poll(login))).toBe('login_pending');
    clock.advance(1_000);
    expect((await program.call(poll(login))).body).toMatchObject({
      code: 'login_slow_down',
      details: { intervalSeconds: 10 },
    });
    clock.advance(8_000);
    expect(await program.refused(poll(login))).toBe('login_slow_down');
    clock.advance(15_000);
    expect(await program.refused(poll(login))).toBe('login_pending');
  });

  it('has its name marked where it would steer what a person reads', async () => {
    const { owner, program } = await arrange();
    const body = { host: 'pc\u202e\u001b[2J', program: 'signalbox', scope: 'read' };
    const login = await program.request(DeviceLoginStarted, { path: '/api/device-logins', body });
    const { userCode } = login;
    const found = await owner.client.request(DeviceLoginView, { path: FIND, body: { userCode } });
    expect(found.host).toBe('pc\ufffd\ufffd[2J');
  });

  it('knows its token, revokes it, and is let in nowhere afterwards', async () => {
    const { clock, hub, owner, program, start } = await arrange();
    const login = await start();
    await owner.client.done(approve(login));
    clock.advance(5_000);
    const { secret, token } = await program.request(DeviceLoginGranted, poll(login));
    const mine = hub.client({ bearer: secret });
    const own = await mine.request(OwnToken, { path: '/api/account/token' });
    expect(own).toMatchObject({ user: { name: 'Ada' }, token: { id: token.id } });
    // A person in a browser has no token of their own.
    expect(await owner.client.refused({ path: '/api/account/token' })).toBe('forbidden');
    expect(await mine.done({ method: 'DELETE', path: '/api/account/token' })).toBe(204);
    expect(await mine.refused({ path: '/api/account/token' })).toBe('token_invalid');
  });
});

describe('a person who approves a program', () => {
  it('must be signed in as a person: no token approves a token', async () => {
    const { clock, hub, owner, program, start } = await arrange();
    const first = await start();
    await owner.client.done(approve(first, { scope: 'manage' }));
    clock.advance(5_000);
    const { secret } = await program.request(DeviceLoginGranted, poll(first));
    const second = await start();
    const token = hub.client({ bearer: secret });
    expect(await token.refused(approve(second))).toBe('forbidden');
    expect(await hub.client().refused(approve(second))).toBe('unauthenticated');
    const { userCode } = second;
    const foreign = {
      path: APPROVE,
      body: { userCode, scope: 'read' },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    };
    expect(await owner.client.refused(foreign)).toBe('origin_refused');
  });

  it('finds a code used that another person, or they themselves, answered', async () => {
    const { hub, owner, start } = await arrange();
    const other = await signUpOther(hub, owner);
    const login = await start();
    await owner.client.done(approve(login));
    for (const client of [other, owner.client]) {
      const { userCode } = login;
      expect(await client.refused(approve(login))).toBe('login_used');
      expect(await client.refused({ path: DENY, body: { userCode } })).toBe('login_used');
      expect(await client.refused({ path: FIND, body: { userCode } })).toBe('login_used');
    }
  });

  it('gives no right that they do not have: another site, or more of their own', async () => {
    const { clock, hub, owner, program, start } = await arrange();
    const other = await signUpOther(hub, owner);
    const login = await start();
    for (const siteIds of [[owner.siteId], [newId(SiteId)]]) {
      expect(await other.refused(approve(login, { siteIds }))).toBe('site_unknown');
    }
    expect(await other.refused(approve(login, { scope: 'metrics' }))).toBe('bad_request');
    await other.done(approve(login, { scope: 'manage' }));
    clock.advance(5_000);
    const { secret } = await program.request(DeviceLoginGranted, poll(login));
    const path = `/api/sites/${owner.siteId}`;
    expect(await hub.client({ bearer: secret }).refused({ path })).toBe('site_unknown');
  });

  it('guesses no codes of others: tries are bounded by account and by address', async () => {
    const { hub, owner, start } = await arrange();
    const login = await start();
    const guess = { path: FIND, body: { userCode: 'BCDF-GHJK' } };
    for (let tries = 0; tries < 20; tries += 1) {
      expect(await owner.client.refused(guess)).toBe('login_code_invalid');
    }
    // Right or wrong makes no difference then.
    const { userCode } = login;
    expect(await owner.client.refused({ path: FIND, body: { userCode } })).toBe('rate_limited');
    expect(await owner.client.refused(approve(login))).toBe('rate_limited');
    const other = await signUpOther(hub, owner);
    const third = await signUpOther(hub, owner);
    for (const client of [other, third]) {
      for (let tries = 0; tries < 18; tries += 1) await client.call(guess);
    }
    const fourth = await signUpOther(hub, owner);
    expect(await fourth.call(guess)).toMatchObject({ status: 404 });
    for (let tries = 0; tries < 3; tries += 1) await fourth.call(guess);
    expect(await fourth.refused(guess)).toBe('rate_limited');
  });

  it('can compare the fingerprint of the hub, which is that of its claim codes', async () => {
    const { hub } = await arrange();
    const { fingerprint } = await hub.client().request(HubCa, { path: '/api/ca' });
    expect(fingerprint).toMatch(/^[0-9A-HJKMNP-TV-Z]{17}$/);
  });
});

it('keeps so many logins of one address waiting, and no more', async () => {
  const { start, program } = await arrange();
  for (let count = 0; count < 20; count += 1) await start();
  const body = { host: 'pc', program: 'signalbox', scope: 'read' };
  expect(await program.refused({ path: '/api/device-logins', body })).toBe('rate_limited');
});
