import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SessionView, SiteView } from '#protocol/http/accounts.ts';
import { LIMITS } from '#protocol/limits.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { signUpRequest } from '../../testing/sign-up-request.ts';
import { invite, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

describe('the first account', () => {
  it('needs the setup code, owns the first site, and allows no second one', async () => {
    const hub = await startTestHub();
    const client = hub.client();
    expect(await client.refused(signUpRequest())).toBe('setup_code_invalid');
    expect(await client.refused(signUpRequest({ setupCode: 'guess' }))).toBe('setup_code_invalid');
    const owner = await signUpOwner(hub);
    const { sites } = await owner.client.request(z.object({ sites: z.array(SiteView) }), {
      path: '/api/sites',
    });
    expect(sites).toMatchObject([{ name: 'Home', role: 'owner' }]);
    expect(await client.refused(signUpRequest({ setupCode: hub.setupCode }))).toBe(
      'setup_code_invalid',
    );
    expect(await client.refused(signUpRequest())).toBe('invitation_invalid');
    const view = await client.request(SessionView, { path: '/api/session' });
    expect(view).toEqual({ user: null, signUp: 'invite' });
  });

  it('gets a new setup code at each start until it is there', async () => {
    const first = await startTestHub();
    await first.close();
    const second = await startTestHub({ config: { dataFolder: first.dataFolder } });
    expect(second.setupCode).not.toBe(first.setupCode);
    expect(await second.client().refused(signUpRequest({ setupCode: first.setupCode }))).toBe(
      'setup_code_invalid',
    );
    await signUpOwner(second);
    await second.close();
    const third = await startTestHub({ config: { dataFolder: first.dataFolder } });
    expect(third.setupCode).toBeUndefined();
  });
});

describe('signing up', () => {
  it('refuses weak passwords, and addresses in use', async () => {
    const hub = await startTestHub({ config: { signUp: 'open' } });
    await signUpOwner(hub);
    const client = hub.client();
    for (const password of ['short', 'aaaaaaaaaaaa', 'password12', 'bobby-tables', '1234567890']) {
      expect(
        await client.refused(signUpRequest({ password, email: 'bobby@x.org' })),
        password,
      ).toBe('password_too_weak');
    }
    expect(await client.refused(signUpRequest({ email: 'Ada@Example.org' }))).toBe('email_taken');
    expect(await client.done(signUpRequest())).toBe(201);
  });

  it('does not reveal without an invitation whether an address is in use', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const accepted = { email: 'ada@example.org' };
    const client = hub.client();
    expect(await client.refused(signUpRequest({ ...accepted, invitation: 'guess' }))).toBe(
      'invitation_invalid',
    );
    // Found before the password is looked at, which costs more.
    expect(await client.refused(signUpRequest({ invitation: 'guess', password: 'x' }))).toBe(
      'invitation_invalid',
    );
    const invitation = await invite(owner);
    expect(await client.refused(signUpRequest({ ...accepted, invitation }))).toBe('email_taken');
    expect(await client.done(signUpRequest({ invitation }))).toBe(201);
  });

  it('reveals nothing else for a wrong setup code', async () => {
    const hub = await startTestHub();
    const weak = signUpRequest({ setupCode: 'guess', password: 'x' });
    expect(await hub.client().refused(weak)).toBe('setup_code_invalid');
  });

  it('is closed when it is configured so', async () => {
    const hub = await startTestHub({ config: { signUp: 'closed' } });
    const owner = await signUpOwner(hub);
    const invitation = await invite(owner);
    expect(await hub.client().refused(signUpRequest({ invitation }))).toBe('sign_up_closed');
  });

  it('accepts each invitation once, and only until it expires', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const invitation = await invite(owner);
    expect(await hub.client().done(signUpRequest({ invitation }))).toBe(201);
    expect(await hub.client().refused(signUpRequest({ invitation, email: 'c@x.org' }))).toBe(
      'invitation_invalid',
    );
    const late = await invite(owner);
    clock.suspend(LIMITS.invitationTtlMs + 1);
    expect(await hub.client().refused(signUpRequest({ invitation: late, email: 'c@x.org' }))).toBe(
      'invitation_invalid',
    );
  });
});
