import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  BrowserSession,
  InvitationCreated,
  SessionView,
  SiteView,
  TokenCreated,
} from '#protocol/http/accounts.ts';
import { LIMITS } from '#protocol/limits.ts';
import { SiteId, newId } from '#protocol/ids.ts';
import { HubClient } from '../testing/hub-client.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import {
  type Owner,
  PASSWORD,
  type TestHub,
  signUpOwner,
  signUpStranger,
  startTestHub,
} from '../testing/test-hub.ts';
import { SIGN_IN_ATTEMPTS } from './attempt-limit.ts';

const SignUp = (change: object = {}) => ({
  path: '/api/sign-up',
  body: { email: 'bo@example.org', name: 'Bo', password: PASSWORD, ...change },
});

async function invite(owner: Owner, role = 'member'): Promise<string> {
  const created = await owner.client.ask(InvitationCreated, {
    path: `/api/sites/${owner.siteId}/invitations`,
    body: { role },
  });
  return created.code;
}

describe('the first account', () => {
  it('needs the setup code, owns the first site, and closes the door behind it', async () => {
    const hub = await startTestHub();
    const client = hub.client();
    expect(await client.refused(SignUp())).toBe('setup_code_invalid');
    expect(await client.refused(SignUp({ setupCode: 'guess' }))).toBe('setup_code_invalid');
    const owner = await signUpOwner(hub);
    const { sites } = await owner.client.ask(z.object({ sites: z.array(SiteView) }), {
      path: '/api/sites',
    });
    expect(sites).toMatchObject([{ name: 'Home', role: 'owner' }]);
    expect(await client.refused(SignUp({ setupCode: hub.setupCode }))).toBe('setup_code_invalid');
    expect(await client.refused(SignUp())).toBe('invitation_invalid');
    const view = await client.ask(SessionView, { path: '/api/session' });
    expect(view).toEqual({ user: null, signUp: 'invite' });
  });

  it('gets a new setup code at each start until it is there', async () => {
    const first = await startTestHub();
    await first.close();
    const second = await startTestHub({ config: { dataFolder: first.dataFolder } });
    expect(second.setupCode).not.toBe(first.setupCode);
    expect(await second.client().refused(SignUp({ setupCode: first.setupCode }))).toBe(
      'setup_code_invalid',
    );
    await signUpOwner(second);
    await second.close();
    const third = await startTestHub({ config: { dataFolder: first.dataFolder } });
    expect(third.setupCode).toBeUndefined();
  });
});

describe('signing up', () => {
  it('refuses weak passwords, and addresses that are taken', async () => {
    const hub = await startTestHub({ config: { signUp: 'open' } });
    await signUpOwner(hub);
    const client = hub.client();
    for (const password of ['short', 'aaaaaaaaaaaa', 'password12', 'bobby-tables', '1234567890']) {
      expect(await client.refused(SignUp({ password, email: 'bobby@x.org' })), password).toBe(
        'password_too_weak',
      );
    }
    expect(await client.refused(SignUp({ email: 'Ada@Example.org' }))).toBe('email_taken');
    expect(await client.done(SignUp())).toBe(201);
  });

  it('tells nobody without an invitation whether an address is taken', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const taken = { email: 'ada@example.org' };
    const client = hub.client();
    expect(await client.refused(SignUp({ ...taken, invitation: 'guess' }))).toBe(
      'invitation_invalid',
    );
    // Found before the password is looked at, which costs more.
    expect(await client.refused(SignUp({ invitation: 'guess', password: 'x' }))).toBe(
      'invitation_invalid',
    );
    const invitation = await invite(owner);
    expect(await client.refused(SignUp({ ...taken, invitation }))).toBe('email_taken');
    expect(await client.done(SignUp({ invitation }))).toBe(201);
  });

  it('tells nobody with a wrong setup code more than that', async () => {
    const hub = await startTestHub();
    const weak = SignUp({ setupCode: 'guess', password: 'x' });
    expect(await hub.client().refused(weak)).toBe('setup_code_invalid');
  });

  it('is closed when it is configured so', async () => {
    const hub = await startTestHub({ config: { signUp: 'closed' } });
    const owner = await signUpOwner(hub);
    const invitation = await invite(owner);
    expect(await hub.client().refused(SignUp({ invitation }))).toBe('sign_up_closed');
  });

  it('takes each invitation once, and not for ever', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const invitation = await invite(owner);
    expect(await hub.client().done(SignUp({ invitation }))).toBe(201);
    expect(await hub.client().refused(SignUp({ invitation, email: 'c@x.org' }))).toBe(
      'invitation_invalid',
    );
    const late = await invite(owner);
    clock.advance(LIMITS.invitationTtlMs + 1);
    expect(await hub.client().refused(SignUp({ invitation: late, email: 'c@x.org' }))).toBe(
      'invitation_invalid',
    );
  });
});

describe('sessions', () => {
  it('opens with the right password only, and says no more than that', async () => {
    const hub = await startTestHub();
    await signUpOwner(hub);
    const client = hub.client();
    const signIn = (email: string, password: string) => ({
      path: '/api/sign-in',
      body: { email, password },
    });
    expect(await client.refused(signIn('ada@example.org', 'wrong'))).toBe('credentials_invalid');
    expect(await client.refused(signIn('nobody@example.org', PASSWORD))).toBe(
      'credentials_invalid',
    );
    expect(await client.done(signIn('ADA@example.org', PASSWORD))).toBe(200);
    expect(await client.done({ path: '/api/sites' })).toBe(200);
  });

  it('bounds the guesses at one account, whether there is one or not', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    await signUpOwner(hub);
    const signIn = (email: string, password: string) => ({
      path: '/api/sign-in',
      body: { email, password },
    });
    for (const email of ['ada@example.org', 'nobody@example.org']) {
      for (let index = 0; index < SIGN_IN_ATTEMPTS.max; index += 1) {
        const spelt = index % 2 === 0 ? email : email.toUpperCase();
        expect(await hub.client().refused(signIn(spelt, 'wrong'))).toBe('credentials_invalid');
      }
      const answer = await hub.client().call(signIn(email, PASSWORD));
      expect(answer.body).toMatchObject({ code: 'rate_limited' });
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(300);
    }
    clock.advance(SIGN_IN_ATTEMPTS.windowMs);
    expect(await hub.client().done(signIn('ada@example.org', PASSWORD))).toBe(200);
  });

  it('has a cookie that scripts and other sites never get', async () => {
    const hub = await startTestHub();
    await signUpOwner(hub);
    const answer = await hub
      .client()
      .call({ path: '/api/sign-in', body: { email: 'ada@example.org', password: PASSWORD } });
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^signalbox_session=[\w-]{43};.*HttpOnly; SameSite=Strict$/);
  });

  it('ends at sign-out, by revocation and by expiry', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const other = hub.client();
    const signIn = {
      path: '/api/sign-in',
      body: { email: 'ada@example.org', password: PASSWORD },
    };
    await other.done(signIn);
    const { sessions } = await owner.client.ask(z.object({ sessions: z.array(BrowserSession) }), {
      path: '/api/account/sessions',
    });
    expect(sessions.map((session) => session.current).sort()).toEqual([false, true]);
    const elsewhere = sessions.find((session) => !session.current);
    const remove = { method: 'DELETE', path: `/api/account/sessions/${elsewhere?.id ?? ''}` };
    expect(await owner.client.done(remove)).toBe(204);
    expect(await owner.client.refused(remove)).toBe('not_found');
    expect(await other.refused({ path: '/api/sites' })).toBe('session_expired');
    await other.done(signIn);
    const stolen = { cookie: other.cookie ?? '' };
    expect(await other.done({ method: 'POST', path: '/api/sign-out' })).toBe(204);
    expect(await hub.client().refused({ path: '/api/sites', headers: stolen })).toBe(
      'session_expired',
    );
    clock.advance(LIMITS.sessionTtlMs / 2);
    expect(await owner.client.done({ path: '/api/sites' })).toBe(200);
    clock.advance(LIMITS.sessionTtlMs - 1_000);
    expect(await owner.client.done({ path: '/api/sites' })).toBe(200);
    clock.advance(LIMITS.sessionTtlMs + 1_000);
    expect(await owner.client.refused({ path: '/api/sites' })).toBe('session_expired');
  });

  it('ends all others when the password changes', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const other = hub.client();
    await other.done({
      path: '/api/sign-in',
      body: { email: 'ada@example.org', password: PASSWORD },
    });
    const change = (current: string, next: string) => ({
      path: '/api/account/password',
      body: { current, next },
    });
    const next = 'a wholly different one';
    expect(await owner.client.refused(change('wrong', next))).toBe('credentials_invalid');
    expect(await owner.client.refused(change(PASSWORD, 'short'))).toBe('password_too_weak');
    expect(await owner.client.done(change(PASSWORD, next))).toBe(204);
    expect(await owner.client.done({ path: '/api/sites' })).toBe(200);
    expect(await other.refused({ path: '/api/sites' })).toBe('session_expired');
  });

  it('is not moved by pages of other sites', async () => {
    const hub = await startTestHub();
    const { client } = await signUpOwner(hub);
    const create = { path: '/api/sites', body: { name: 'Barn' } };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect(await client.refused({ ...create, headers })).toBe('origin_refused');
      const signIn = { email: 'ada@example.org', password: PASSWORD };
      expect(await client.refused({ path: '/api/sign-in', body: signIn, headers })).toBe(
        'origin_refused',
      );
    }
    const headers = { origin: hub.addresses.http, 'sec-fetch-site': 'same-origin' };
    expect(await client.done({ ...create, headers })).toBe(201);
  });
});

describe('API tokens', () => {
  async function tokenFor(owner: Owner, hub: TestHub, body: object) {
    const created = await owner.client.ask(TokenCreated, { path: '/api/account/tokens', body });
    expect(created.secret).toMatch(/^sbx_[\w-]{43}$/);
    return { ...created, client: hub.client({ bearer: created.secret }) };
  }

  it('do what their scope says, until they are taken back or expire', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const reader = await tokenFor(owner, hub, { name: 'chart', scope: 'read' });
    const steerer = await tokenFor(owner, hub, {
      name: 'bot',
      scope: 'control',
      expiresInDays: 1,
    });
    const create = { path: '/api/sites', body: { name: 'Barn' } };
    expect(await reader.client.done({ path: '/api/sites' })).toBe(200);
    expect(await reader.client.refused(create)).toBe('forbidden');
    expect(await steerer.client.done(create)).toBe(201);
    expect(await steerer.client.refused({ path: '/api/account/sessions' })).toBe('forbidden');
    const remove = { method: 'DELETE', path: `/api/account/tokens/${reader.token.id}` };
    expect(await owner.client.done(remove)).toBe(204);
    expect(await owner.client.refused(remove)).toBe('not_found');
    expect(await reader.client.refused({ path: '/api/sites' })).toBe('token_invalid');
    clock.advance(86_400_001);
    expect(await steerer.client.refused({ path: '/api/sites' })).toBe('token_invalid');
  });

  it('are refused when they are made up', async () => {
    const hub = await startTestHub();
    for (const bearer of ['sbx_', `sbx_${'A'.repeat(43)}`]) {
      expect(await hub.client({ bearer }).refused({ path: '/api/sites' })).toBe('token_invalid');
    }
    expect(
      await hub.client().refused({ path: '/api/sites', headers: { authorization: 'Basic x' } }),
    ).toBe('token_invalid');
    expect(await hub.client({ bearer: 'a.b.c' }).refused({ path: '/api/sites' })).toBe(
      'assertion_invalid',
    );
  });
});

describe('members', () => {
  it('see and steer; owners also let in and put out', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const member = hub.client();
    await member.done(SignUp({ invitation: await invite(owner) }));
    const site = `/api/sites/${owner.siteId}`;
    expect(await member.done({ path: `${site}/members` })).toBe(200);
    expect(await member.done({ path: `${site}/snapshot` })).toBe(200);
    expect(
      await member.done({ method: 'PUT', path: `${site}/layout`, body: { unitIds: [] } }),
    ).toBe(204);
    expect(await member.refused({ path: `${site}/invitations`, body: { role: 'owner' } })).toBe(
      'forbidden',
    );
    expect(await member.refused({ path: `${site}/claim-codes`, body: { baseName: 'x' } })).toBe(
      'forbidden',
    );
    expect(await member.refused({ method: 'PATCH', path: site, body: { name: 'x' } })).toBe(
      'forbidden',
    );
    expect(
      await member.refused({ method: 'DELETE', path: `${site}/members/${owner.userId}` }),
    ).toBe('forbidden');
    expect(
      await owner.client.refused({ method: 'DELETE', path: `${site}/members/${owner.userId}` }),
    ).toBe('last_owner');
    const renamed = await owner.client.ask(SiteView, {
      method: 'PATCH',
      path: site,
      body: { name: 'Cottage' },
    });
    expect(renamed.name).toBe('Cottage');
  });

  it('become owners by a second invitation, and lose all at once when removed', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const member = hub.client();
    const view = await member.ask(SessionView, SignUp({ invitation: await invite(owner) }));
    const accepted = await member.ask(SiteView, {
      path: '/api/invitations/accept',
      body: { code: await invite(owner, 'owner') },
    });
    expect(accepted.role).toBe('owner');
    const path = `/api/sites/${owner.siteId}`;
    expect(
      await owner.client.done({
        method: 'DELETE',
        path: `${path}/members/${view.user?.id ?? ''}`,
      }),
    ).toBe(204);
    expect(await member.refused({ path: `${path}/snapshot` })).toBe('site_unknown');
  });

  it('of other sites are told that there is no such site', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const stranger = await signUpStranger(hub, owner);
    const path = `/api/sites/${owner.siteId}`;
    for (const call of [
      { path },
      { path: `${path}/snapshot` },
      { path: `${path}/members` },
      { method: 'PUT', path: `${path}/layout`, body: { unitIds: [] } },
      { path: `${path}/claim-codes`, body: { baseName: 'x' } },
      { path: `${path}/invitations`, body: { role: 'owner' } },
      { path: `/api/sites/${newId(SiteId)}` },
    ]) {
      expect(await stranger.refused(call), call.path).toBe('site_unknown');
    }
    expect(
      await stranger.refused({ path: '/api/invitations/accept', body: { code: 'made up' } }),
    ).toBe('invitation_invalid');
  });
});

it('lets nobody in who is nobody', async () => {
  const hub = await startTestHub();
  const id = newId(SiteId);
  const nobody = new HubClient(hub.addresses.http);
  for (const [method, path] of [
    ['GET', '/api/sites'],
    ['POST', '/api/sites'],
    ['GET', `/api/sites/${id}`],
    ['PATCH', `/api/sites/${id}`],
    ['GET', `/api/sites/${id}/snapshot`],
    ['PUT', `/api/sites/${id}/layout`],
    ['GET', `/api/sites/${id}/members`],
    ['DELETE', `/api/sites/${id}/members/${id}`],
    ['POST', `/api/sites/${id}/invitations`],
    ['POST', '/api/invitations/accept'],
    ['POST', `/api/sites/${id}/claim-codes`],
    ['GET', `/api/claim-codes/${id}`],
    ['GET', `/api/bases/${id}`],
    ['PATCH', `/api/bases/${id}`],
    ['DELETE', `/api/bases/${id}`],
    ['POST', `/api/sites/${id}/units`],
    ['GET', `/api/units/${id}`],
    ['PATCH', `/api/units/${id}`],
    ['DELETE', `/api/units/${id}`],
    ['GET', `/api/units/${id}/history`],
    ['POST', `/api/units/${id}/commands`],
    ['GET', `/api/units/${id}/commands`],
    ['GET', `/api/commands/${id}/trace`],
    ['POST', `/api/commands/${id}/cancel`],
    ['POST', '/api/channels/authorize'],
    ['POST', '/api/sign-out'],
    ['POST', '/api/account/password'],
    ['GET', '/api/account/sessions'],
    ['DELETE', `/api/account/sessions/${id}`],
    ['GET', '/api/account/tokens'],
    ['POST', '/api/account/tokens'],
    ['DELETE', `/api/account/tokens/${id}`],
  ] as const) {
    expect(await nobody.refused({ method, path }), `${method} ${path}`).toBe('unauthenticated');
  }
});
