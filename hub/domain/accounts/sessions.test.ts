import { hash } from '@node-rs/argon2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { BrowserSession, TokenCreated } from '#protocol/http/accounts.ts';
import { LIMITS } from '#protocol/limits.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { PASSWORD, signUpOwner, startTestHub } from '../../testing/test-hub.ts';
import { openTestDatabase } from '../../testing/test-store.ts';
import { SIGN_IN_ATTEMPTS } from './attempt-limit.ts';

const signIn = (email: string, password: string) => ({
  path: '/api/sign-in',
  body: { email, password },
});

describe('sessions', () => {
  it('opens with the right password only, and says no more than that', async () => {
    const hub = await startTestHub();
    await signUpOwner(hub);
    const client = hub.client();
    expect(await client.refused(signIn('ada@example.org', 'wrong'))).toBe('credentials_invalid');
    expect(await client.refused(signIn('nobody@example.org', PASSWORD))).toBe(
      'credentials_invalid',
    );
    expect(await client.done(signIn('ADA@example.org', PASSWORD))).toBe(200);
    expect(await client.done({ path: '/api/sites' })).toBe(200);
  });

  it('opens with a hash from before normalisation, and recomputes it', async () => {
    const hub = await startTestHub();
    await signUpOwner(hub);
    const decomposed = 'cafe\u0301 au lait complet';
    const db = await openTestDatabase(hub.dataFolder);
    onTestFinished(() => db.destroy());
    const old = await hash(decomposed, { memoryCost: 1_024, timeCost: 1, parallelism: 1 });
    await db.updateTable('users').set({ password_hash: old }).execute();
    const stored = async () => await db.selectFrom('users').select('password_hash').execute();
    expect(await hub.client().done(signIn('ada@example.org', decomposed))).toBe(200);
    const renewed = await stored();
    expect(renewed).not.toEqual([{ password_hash: old }]);
    const composed = signIn('ada@example.org', decomposed.normalize('NFC'));
    expect(await hub.client().done(composed)).toBe(200);
    expect(await stored()).toEqual(renewed);
  });

  it('bounds the guesses at one account, whether there is one or not', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    await signUpOwner(hub);
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
    const answer = await hub.client().call(signIn('ada@example.org', PASSWORD));
    const [cookie] = answer.headers.getSetCookie();
    const { port } = new URL(hub.addresses.http);
    expect(cookie).toMatch(
      new RegExp(`^signalbox_session_${port}=[\\w-]{43};.*HttpOnly; SameSite=Strict$`),
    );
  });

  it('ends at sign-out, by revocation and by expiry', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const other = hub.client();
    const again = signIn('ada@example.org', PASSWORD);
    await other.done(again);
    const { sessions } = await owner.client.request(
      z.object({ sessions: z.array(BrowserSession) }),
      {
        path: '/api/account/sessions',
      },
    );
    expect(sessions.map((session) => session.current).sort()).toEqual([false, true]);
    const elsewhere = sessions.find((session) => !session.current);
    const remove = { method: 'DELETE', path: `/api/account/sessions/${elsewhere?.id ?? ''}` };
    expect(await owner.client.done(remove)).toBe(204);
    expect(await owner.client.refused(remove)).toBe('not_found');
    expect(await other.refused({ path: '/api/sites' })).toBe('session_expired');
    await other.done(again);
    const stolen = { cookie: other.cookie ?? '' };
    expect(await other.done({ method: 'POST', path: '/api/sign-out' })).toBe(204);
    expect(await hub.client().refused({ path: '/api/sites', headers: stolen })).toBe(
      'session_expired',
    );
    clock.suspend(LIMITS.sessionTtlMs / 2);
    expect(await owner.client.done({ path: '/api/sites' })).toBe(200);
    clock.suspend(LIMITS.sessionTtlMs - 1_000);
    expect(await owner.client.done({ path: '/api/sites' })).toBe(200);
    clock.suspend(LIMITS.sessionTtlMs + 1_000);
    expect(await owner.client.refused({ path: '/api/sites' })).toBe('session_expired');
  });

  it('made while the clock was ahead ends no later than others, once it is used', async () => {
    const clock = new ManualClock(Date.now());
    const rightMs = clock.nowMs();
    clock.set(rightMs + 730 * 86_400_000);
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    clock.set(rightMs);
    const { sessions } = await owner.client.request(
      z.object({ sessions: z.array(BrowserSession) }),
      {
        path: '/api/account/sessions',
      },
    );
    expect(sessions.map(({ lastUsedAt }) => Date.parse(lastUsedAt))).toEqual([rightMs]);
    clock.suspend(LIMITS.sessionTtlMs + 1_000);
    expect(await owner.client.refused({ path: '/api/sites' })).toBe('session_expired');
  });

  it('re-authenticates with the password, for itself alone, and bounds the guesses', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const reauthenticate = (password: string) => ({
      path: '/api/account/reauthentication',
      body: { password },
    });
    expect(await owner.client.done(reauthenticate(PASSWORD))).toBe(204);
    const { secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'software', scope: 'control' },
    });
    expect(await hub.client({ bearer: secret }).refused(reauthenticate(PASSWORD))).toBe(
      'forbidden',
    );
    for (let index = 0; index < SIGN_IN_ATTEMPTS.max; index += 1) {
      expect(await owner.client.refused(reauthenticate('wrong'))).toBe('credentials_invalid');
    }
    expect(await owner.client.refused(reauthenticate(PASSWORD))).toBe('rate_limited');
    // Guesses in a session, and guesses at sign-in, use up no try of each other's.
    expect(await hub.client().done(signIn('ada@example.org', PASSWORD))).toBe(200);
  });

  it('ends all others when the password changes', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const other = hub.client();
    await other.done(signIn('ada@example.org', PASSWORD));
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
      const request = { ...signIn('ada@example.org', PASSWORD), headers };
      expect(await client.refused(request)).toBe('origin_refused');
    }
    const headers = { origin: hub.addresses.http, 'sec-fetch-site': 'same-origin' };
    expect(await client.done({ ...create, headers })).toBe(201);
  });
});
