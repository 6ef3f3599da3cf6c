import { expect, inject, it } from 'vitest';
import { z } from 'zod';
import { BrowserSession, MemberView, SiteView, TokenView } from '#protocol/http/accounts.ts';
import type { HubClient } from '../../testing/hub-client.ts';
import { poison } from '../../testing/poison.ts';
import { addMember } from '../../testing/rollout-site.ts';
import { PASSWORD, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

const Lists = {
  sites: z.object({ sites: z.array(SiteView) }),
  members: z.object({ members: z.array(MemberView) }),
  sessions: z.object({ sessions: z.array(BrowserSession) }),
  tokens: z.object({ tokens: z.array(TokenView) }),
};

const FAR = 9e15;
const POISONED = {
  'a site’s time': `update sites set created_at = ${FAR} where name = 'Second'`,
  'a site’s role': `update members set role = 'king' where site_id = (select id from sites where name = 'Second')`,
  'a member’s time': `update members set since = ${FAR} where role = 'member'`,
  'a session’s time': `update sessions set created_at = ${FAR} where user_agent = 'other'`,
  'a session’s end': `update sessions set expires_at = ${FAR} where user_agent = 'other'`,
  'a token’s time': `update api_tokens set created_at = ${FAR} where name = 'second'`,
  'a token’s last use': `update api_tokens set last_used_at = ${FAR} where name = 'second'`,
  'a token’s scope': `update api_tokens set scope = 'all' where name = 'second'`,
} as const;
/** Bytes where text belongs, which a column of PostgreSQL refuses. */
const BYTES = {
  'a member’s address': `update users set email = x'00' where name = 'Mo'`,
  'a member’s name': `update users set name = x'00' where name = 'Mo'`,
} as const;
const ALL = inject('engine') === 'sqlite' ? { ...POISONED, ...BYTES } : POISONED;

async function sizes(client: HubClient, siteId: string): Promise<Record<string, number>> {
  const { sites } = await client.request(Lists.sites, { path: '/api/sites' });
  const { members } = await client.request(Lists.members, { path: `/api/sites/${siteId}/members` });
  const { sessions } = await client.request(Lists.sessions, { path: '/api/account/sessions' });
  const { tokens } = await client.request(Lists.tokens, { path: '/api/account/tokens' });
  return {
    ...{ sites: sites.length, members: members.length },
    ...{ sessions: sessions.length, tokens: tokens.length },
  };
}

it.each(Object.entries(ALL))('costs no list more than itself: %s', async (what, statement) => {
  const hub = await startTestHub();
  const owner = await signUpOwner(hub);
  const { client, siteId } = owner;
  await client.request(SiteView, { path: '/api/sites', body: { name: 'Second' } });
  await addMember(hub, owner);
  const { members } = await client.request(Lists.members, { path: `/api/sites/${siteId}/members` });
  const member = members.find(({ role }) => role === 'member')?.user.id ?? '';
  await hub.client().done({
    path: '/api/sign-in',
    body: { email: 'ada@example.org', password: PASSWORD },
    headers: { 'user-agent': 'other' },
  });
  for (const name of ['first', 'second']) {
    await client.done({ path: '/api/account/tokens', body: { name, scope: 'read' } });
  }
  const before = await sizes(client, siteId);
  expect(before).toEqual({ sites: 2, members: 2, sessions: 2, tokens: 2 });

  await poison(hub.dataFolder, statement);

  const [, list = ''] = /^an? (\w+)/.exec(what) ?? [];
  const expected = { ...before, [`${list}s`]: 1 };
  expect(await sizes(client, siteId)).toEqual(expected);
  // A member who cannot be read can be removed all the same, and does not count as an owner.
  await client.done({ path: `/api/sites/${siteId}/members/${member}`, method: 'DELETE' });
  expect(await sizes(client, siteId)).toMatchObject({ members: 1 });
});
