import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { AccountEventsPage } from '#protocol/http/account-events.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { poison } from '../../testing/poison.ts';
import type { HubClient } from '../../testing/hub-client.ts';
import { addMember } from '../../testing/rollout-site.ts';
import { PASSWORD, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

const path = '/api/account/events';

/** All pages, newest first, as a reader goes back. */
async function allOf(client: HubClient, limit = 200): Promise<AccountEventsPage['events']> {
  const events: AccountEventsPage['events'] = [];
  let before = '';
  for (;;) {
    const page = await client.request(AccountEventsPage, {
      path: `${path}?limit=${limit}${before}`,
    });
    expect(page.events.length).toBeLessThanOrEqual(limit);
    events.push(...page.events);
    if (page.next === null) return events;
    before = `&before=${page.next}`;
  }
}

const typesOf = async (client: HubClient) => (await allOf(client)).map(({ type }) => type);

/** Somebody who did everything that concerns the security of an account. */
async function busyAccount() {
  const clock = new ManualClock();
  const hub = await startTestHub({ clock });
  const owner = await signUpOwner(hub);
  const { client } = owner;
  const made = await client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'tour', scope: 'manage' },
  });
  await client.done({ method: 'DELETE', path: `/api/account/tokens/${made.token.id}` });
  const elsewhere = hub.client();
  await elsewhere.done({
    path: '/api/sign-in',
    body: { email: 'ada@example.org', password: PASSWORD },
    headers: { 'user-agent': 'elsewhere' },
  });
  await client.done({ path: '/api/account/reauthentication', body: { password: PASSWORD } });
  await client.done({
    path: '/api/account/password',
    body: { current: PASSWORD, next: 'another battery staple' },
  });
  return { hub, owner, client, clock };
}

describe('the events of an account', () => {
  it('say what concerned its security, newest first, page by page', async () => {
    const { client, owner } = await busyAccount();
    const events = await allOf(client);
    expect(events.map(({ type }) => type)).toEqual([
      'account.password_changed',
      'account.reauthenticated',
      'account.signed_in',
      'token.removed',
      'token.created',
      'account.signed_in',
      'account.created',
    ]);
    expect(events.map(({ rev }) => rev)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(new Set(events.map(({ account }) => account))).toEqual(new Set([owner.userId]));
    expect(events[0]?.data).toEqual({ sessionsEnded: 1 });
    expect(events[2]?.data).toMatchObject({ userAgent: 'elsewhere' });
    for (const limit of [1, 2, 3, 7]) expect(await allOf(client, limit)).toEqual(events);
    // No secret of a session or a token is among them.
    expect(JSON.stringify(events)).not.toContain('sbx_');
  });

  it('are visible to nobody else: no member, no software, no anonymous caller', async () => {
    const { hub, owner, client } = await busyAccount();
    const member = await addMember(hub, owner);
    expect(await typesOf(member)).toEqual(['account.signed_in', 'account.created']);
    const { secret } = await client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'reader', scope: 'manage' },
    });
    expect(await hub.client({ bearer: secret }).refused({ path })).toBe('forbidden');
    expect(await hub.client().refused({ path })).toBe('unauthenticated');
    for (const query of ['?limit=0', '?limit=201', '?before=0', '?account=other'])
      expect(await client.refused({ path: path + query })).toBe('bad_request');
  });

  it('that cannot be read any more cost no other', async () => {
    const { hub, client } = await busyAccount();
    for (const column of ['data', 'type', 'at'])
      await poison(
        hub.dataFolder,
        `update account_events set ${column} = ? where rev = ?`,
        column === 'at' ? 9e15 : '{',
        { data: 7, type: 5, at: 2 }[column],
      );
    for (const limit of [1, 200])
      expect((await allOf(client, limit)).map(({ rev }) => rev)).toEqual([6, 4, 3, 1]);
  });

  it('are kept for a year', async () => {
    const { hub, client, clock } = await busyAccount();
    const yearAgoMs = clock.nowMs() - 365 * 86_400_000;
    const setAt = 'update account_events set at = ? where rev = ?';
    for (const rev of [1, 2, 3]) await poison(hub.dataFolder, setAt, yearAgoMs - 3_600_000, rev);
    await poison(hub.dataFolder, setAt, yearAgoMs + 86_400_000, 4);
    await until('the old ones are gone', async () => {
      clock.advance(600_000);
      return (await typesOf(client)).length < 7;
    });
    expect((await allOf(client)).map(({ rev }) => rev)).toEqual([7, 6, 5, 4]);
  });
});
