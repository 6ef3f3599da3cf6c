import type { Socket } from 'socket.io-client';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import type { PersonalScope } from '#protocol/access/roles.ts';
import { SessionView, SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { Problem } from '#protocol/http/problem.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import type { SiteId } from '#protocol/ids.ts';
import {
  type FakeBase,
  connected,
  joinChannel,
  openSocket,
  pairBase,
} from '../../testing/fake-base.ts';
import type { HubClient } from '../../testing/hub-client.ts';
import { addMember } from '../../testing/rollout-site.ts';
import { signUpOther, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

const DAY_MS = 86_400_000;

/** Somebody who tries to follow what they can reach. */
interface Caller {
  /** What the socket shows; read anew for each. */
  readonly auth?: () => Promise<object>;
  readonly client: () => Promise<HubClient>;
}

const STREAM = 'events';
const CHANNELS = ['site', 'other site', 'base', 'other base', 'unknown'] as const;
type Tried = (typeof CHANNELS)[number] | typeof STREAM;

/** What comes of it: `joined`, `streamed`, or the code of the refusal. */
type Row = Readonly<Record<Tried, string>>;

const all = (code: string): Row => ({
  ...{ site: code, 'other site': code, base: code, 'other base': code },
  ...{ unknown: code, [STREAM]: code },
});
const NO_CHANNEL = { ...all('channel_forbidden'), unknown: 'channel_unknown' };
const WATCHES: Row = { ...NO_CHANNEL, site: 'joined', [STREAM]: 'streamed' };

/** Who may follow what, as an auditor would want to read it. The events are those of `site`. */
const EXPECTED: Readonly<Record<string, Row>> = {
  nobody: all('unauthenticated'),
  owner: WATCHES,
  manager: WATCHES,
  member: WATCHES,
  guest: WATCHES,
  'token: read': WATCHES,
  'token: control': WATCHES,
  'token: manage': WATCHES,
  'token: metrics': { ...NO_CHANNEL, [STREAM]: 'forbidden' },
  'token for another site': { ...NO_CHANNEL, 'other site': 'joined', [STREAM]: 'site_unknown' },
  'owner of another site': { ...NO_CHANNEL, 'other site': 'joined', [STREAM]: 'site_unknown' },
  'member until now': { ...NO_CHANNEL, [STREAM]: 'site_unknown' },
  // Over HTTP a browser learns that it had a session.
  'signed out': { ...all('unauthenticated'), [STREAM]: 'session_expired' },
  'session expired': { ...all('unauthenticated'), [STREAM]: 'session_expired' },
  'token revoked': all('token_invalid'),
  'token expired': all('token_invalid'),
  'token made up': all('token_invalid'),
  base: { ...NO_CHANNEL, base: 'joined', [STREAM]: 'forbidden' },
  'base removed': all('base_revoked'),
  // Its signature is valid, so the base gets the time to correct its clock by.
  'assertion expired': all('clock_skewed'),
};

it('lets everybody follow what the table says', { timeout: 60_000 }, async () => {
  const clock = new ManualClock(Date.now() - 400 * DAY_MS);
  const hub = await startTestHub({ clock, config: { signUp: 'open' } });
  const founder = await signUpOwner(hub);
  const { siteId } = founder;
  const idle = await addMember(hub, founder, 'owner');
  clock.set(Date.now());
  await founder.client.done({
    path: '/api/sign-in',
    body: { email: 'ada@example.org', password: 'correct horse battery' },
  });

  const newSite = async (of: HubClient): Promise<SiteId> =>
    (await of.request(SiteView, { path: '/api/sites', body: { name: 'Other' } })).id;
  const newToken = async (of: HubClient, scope: PersonalScope, more: object = {}) => {
    const body = { name: 'tried', scope, ...more };
    return await of.request(TokenCreated, { path: '/api/account/tokens', body });
  };
  const browser = (client: HubClient): Caller => ({ client: () => Promise.resolve(client) });
  const program = (secret: string): Caller => ({
    auth: () => Promise.resolve({ token: secret }),
    client: () => Promise.resolve(hub.client({ bearer: secret })),
  });
  const ofBase = (base: FakeBase, ageSeconds = 0): Caller => {
    const iat = (): number => Math.floor(clock.nowMs() / 1000) - ageSeconds;
    const assertion = async () => await base.assertion({ iat: iat(), exp: iat() + 60 });
    return {
      auth: async () => ({ assertion: await assertion() }),
      client: async () => hub.client({ bearer: await assertion() }),
    };
  };

  const otherOwner = await signUpOther(hub, founder);
  const otherSite = await newSite(otherOwner);
  const second = await newSite(founder.client);
  const wasMember = await addMember(hub, founder, 'owner');
  const signedOut = await addMember(hub, founder, 'owner');
  const base = await pairBase(hub, founder);
  const otherBase = await pairBase(hub, { ...founder, client: otherOwner, siteId: otherSite });
  const removed = await pairBase(hub, founder);
  const revoked = await newToken(founder.client, 'read');
  const expiring = await newToken(founder.client, 'read', { expiresInDays: 1 });
  const elsewhere = await newToken(founder.client, 'manage', { siteIds: [second] });
  const { user } = await wasMember.request(SessionView, { path: '/api/session' });
  // The cookie remains in the hands of whoever copied it.
  const stolen = signedOut.at(hub.addresses.http);
  const callers: Readonly<Record<string, Caller>> = {
    nobody: browser(hub.client()),
    owner: browser(founder.client),
    manager: browser(await addMember(hub, founder, 'manager')),
    member: browser(await addMember(hub, founder, 'member')),
    guest: browser(await addMember(hub, founder, 'guest')),
    'token: read': program((await newToken(founder.client, 'read')).secret),
    'token: control': program((await newToken(founder.client, 'control')).secret),
    'token: manage': program((await newToken(founder.client, 'manage')).secret),
    'token: metrics': program((await newToken(founder.client, 'metrics')).secret),
    'token for another site': program(elsewhere.secret),
    'owner of another site': browser(otherOwner),
    'member until now': browser(wasMember),
    'signed out': browser(stolen),
    'session expired': browser(idle),
    'token revoked': program(revoked.secret),
    'token expired': program(expiring.secret),
    'token made up': program(`sbx_${'x'.repeat(43)}`),
    base: ofBase(base),
    'base removed': ofBase(removed),
    'assertion expired': ofBase(base, 3_600),
  };
  const deleted = [
    `/api/sites/${siteId}/members/${user?.id ?? ''}`,
    `/api/account/tokens/${revoked.token.id}`,
    `/api/bases/${removed.id}`,
  ];
  for (const path of deleted) await founder.client.done({ method: 'DELETE', path });
  await signedOut.done({ path: '/api/sign-out', body: {} });
  clock.set(clock.nowMs() + DAY_MS);

  const nameOf = (tried: (typeof CHANNELS)[number], caller: string): string => {
    const other = caller === 'token for another site' ? second : otherSite;
    const names: Readonly<Record<typeof tried, string>> = {
      site: channelName({ kind: 'site', siteId }),
      'other site': channelName({ kind: 'site', siteId: other }),
      base: channelName({ kind: 'base', baseId: base.id }),
      'other base': channelName({ kind: 'base', baseId: otherBase.id }),
      unknown: `private-hub.${siteId}`,
    };
    return names[tried];
  };
  const join = async (caller: Caller, socket: Socket, channel: string): Promise<string> => {
    const client = await caller.client();
    const body = { socketId: socket.id, channel };
    const answer = await client.call({ path: '/api/channels/authorize', body });
    if (answer.status >= 300) return Problem.parse(answer.body).code;
    const { token } = ChannelAuthorization.parse(answer.body);
    const joined = await joinChannel(socket, { channel, token });
    return joined.ok ? 'joined' : joined.code;
  };
  const follow = async (caller: Caller, channel: string): Promise<string> => {
    const { cookie } = await caller.client();
    const socket = openSocket(hub, (await caller.auth?.()) ?? {}, { cookie: cookie ?? '' });
    onTestFinished(() => void socket.disconnect());
    const refused = await connected(socket);
    const code = refused ?? (await join(caller, socket, channel));
    socket.disconnect();
    await until('it is gone', () => hub.gauges()['sockets.clients'] === 0);
    return code;
  };
  const stream = async (caller: Caller): Promise<string> => {
    const leaving = new AbortController();
    const { cookie, bearer } = await caller.client();
    const response = await fetch(`${hub.addresses.http}/api/sites/${siteId}/events`, {
      headers: {
        accept: 'text/event-stream',
        ...(cookie === undefined ? {} : { cookie }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      signal: leaving.signal,
    });
    if (response.status >= 300) return Problem.parse(await response.json()).code;
    leaving.abort();
    return 'streamed';
  };

  const found: Record<string, Row> = {};
  for (const [name, caller] of Object.entries(callers)) {
    const row: Record<string, string> = {};
    for (const tried of CHANNELS) row[tried] = await follow(caller, nameOf(tried, name));
    row[STREAM] = await stream(caller);
    found[name] = z.record(z.enum([...CHANNELS, STREAM]), z.string()).parse(row);
  }
  expect(found).toEqual(EXPECTED);
});
