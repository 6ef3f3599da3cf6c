import { describe, expect, it } from 'vitest';
import { TokenRequest } from '#protocol/http/accounts.ts';
import { MqttSite } from '../../testing/mqtt-site.ts';

const WRONG = { ok: false, reason: 'credentials' };
const NOT_ITS_ID = { ok: false, reason: 'client_id' };
const DAY_MS = 86_400_000;

async function startSite() {
  const site = await MqttSite.open();
  const a = await site.register('dev-a');
  const b = await site.register('dev-b', { credential: { kind: 'certificate', validDays: 30 } });
  return { site, a, b };
}

describe('a device', () => {
  it('connects with its id and password, until both are others', async () => {
    const { site, a } = await startSite();
    const { clientId, password } = a;
    expect(await site.connect({ clientId, userName: clientId, password })).toMatchObject({
      ok: true,
      principal: { kind: 'device', siteId: site.siteId, deviceId: a.id },
      endsAtMs: Infinity,
    });
    // A user name is needed by some clients only, and an id is chosen by the hub.
    expect(await site.connect({ clientId, password })).toMatchObject({ ok: true });
    expect(await site.connect({ userName: clientId, password })).toMatchObject({ ok: true });
    for (const shown of [
      { clientId, userName: clientId, password: Buffer.from(`sbd_${'A'.repeat(32)}`) },
      { clientId, userName: 'dev-b', password },
      { clientId, userName: 'DEV-A', password },
      { clientId, password: Buffer.concat([password ?? Buffer.alloc(0), Buffer.from('x')]) },
      { clientId, password: Buffer.from(`sbd_${'A'.repeat(65_535)}`) },
    ]) {
      expect(await site.connect(shown), JSON.stringify(shown).slice(0, 120)).toEqual(WRONG);
    }
  });

  it('connects with its certificate, as long as it lasts', async () => {
    const { site, b } = await startSite();
    const { clientId, certificateFingerprint } = b;
    const endsAtMs = site.hub.clock.nowMs() + 30 * DAY_MS;
    const verdict = await site.connect({ clientId, certificateFingerprint });
    expect(verdict).toMatchObject({ ok: true, endsAtMs });
    const unknown = '0'.repeat(64);
    expect(await site.connect({ clientId, certificateFingerprint: unknown })).toEqual(WRONG);
    site.hub.clock.suspend(30 * DAY_MS);
    expect(await site.connect({ clientId, certificateFingerprint })).toEqual(WRONG);
  });

  it('may show both, of itself only', async () => {
    const { site, a, b } = await startSite();
    const mixed = { clientId: 'dev-b', certificateFingerprint: b.certificateFingerprint };
    expect(await site.connect({ ...mixed, password: a.password })).toEqual(WRONG);
    expect(await site.connect({ ...mixed, password: Buffer.from('hello') })).toEqual(WRONG);
    expect(await site.connect({ ...mixed, userName: 'dev-a' })).toEqual(WRONG);
    // Some clients cannot leave the password away.
    const empty = { userName: 'dev-b', password: Buffer.alloc(0) };
    expect(await site.connect({ ...mixed, ...empty })).toMatchObject({ ok: true });
  });

  it.each(['dev-b', 'DEV-A', '+', '#', 'dev-a/x', 'constructor', '__proto__', 'x'.repeat(65_535)])(
    'connects under no other client id',
    async (clientId) => {
      const { site, a } = await startSite();
      expect(await site.connect({ clientId, password: a.password })).toEqual(NOT_ITS_ID);
    },
  );

  it('is refused from the moment on that it is unregistered, or that its password is revoked', async () => {
    const { site, a, b } = await startSite();
    const heard: string[] = [];
    site.services.revocations.listen(({ kind }) => heard.push(kind));
    await site.revokeAll(a);
    await site.unregister(b);
    expect(await site.connect(a)).toEqual(WRONG);
    expect(await site.connect(b)).toEqual(WRONG);
    expect(heard).toEqual(['credential', 'device']);
  });

  it('was last seen when it connected', async () => {
    const { site, a } = await startSite();
    await site.connect(a);
    const view = await site.services.deviceViews.one(a.id, () => Promise.resolve(new Set([a.id])));
    const now = new Date(site.hub.clock.nowMs()).toISOString();
    expect(view.presence).toEqual({ state: 'online', lastSeenAt: now });
    expect(view.credentials).toMatchObject([{ kind: 'password', lastUsedAt: now }]);
  });
});

describe('software with a token', () => {
  it('does not get the client id of a device, in any case, nor with its certificate', async () => {
    const { site, b } = await startSite();
    const { userId } = await site.app('owner', 'app');
    const request = TokenRequest.parse({ name: 'app', scope: 'read' });
    const { secret } = await site.services.tokens.create(userId, request);
    const password = Buffer.from(secret);
    expect(await site.connect({ clientId: 'nodered', password })).toMatchObject({ ok: true });
    expect(await site.connect({ password })).toMatchObject({ ok: true });
    for (const clientId of ['dev-a', 'Dev-A'])
      expect(await site.connect({ clientId, password })).toEqual(NOT_ITS_ID);
    const { certificateFingerprint } = b;
    expect(await site.connect({ clientId: 'nodered', password, certificateFingerprint })).toEqual(
      WRONG,
    );
  });

  it('with a token that is wrong learns nothing of who is registered', async () => {
    const { site } = await startSite();
    const password = Buffer.from('sbx_wrong');
    expect(await site.connect({ clientId: 'dev-a', password })).toEqual(WRONG);
  });
});

it('knows nobody who shows nothing, on loopback as elsewhere', async () => {
  const { site } = await startSite();
  for (const listener of ['tls', 'loopback', 'websocket'] as const) {
    expect(await site.connect({ clientId: 'dev-a', listener })).toBeUndefined();
    expect(await site.connect({ clientId: 'x', userName: 'dev-a', listener })).toBeUndefined();
  }
});
