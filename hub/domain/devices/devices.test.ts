import { X509Certificate } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { DeviceCredential, DeviceList, DeviceView } from '#protocol/http/devices.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { DeviceId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { passwordOf, registerDevice } from '../../testing/device-site.ts';
import { addMember } from '../../testing/rollout-site.ts';
import { signUpOwner, startTestHub } from '../../testing/test-hub.ts';
import { openTestDatabase } from '../../testing/test-store.ts';

async function startSite() {
  const hub = await startTestHub();
  const owner = await signUpOwner(hub);
  const path = `/api/sites/${owner.siteId}/devices`;
  const list = async () => (await owner.client.request(DeviceList, { path })).devices;
  return { hub, owner, path, list };
}

describe('registering a device', () => {
  it('shows its password once, and keeps only the hash', async () => {
    const { hub, owner, list } = await startSite();
    const made = await registerDevice(owner, { name: 'Küche 2' });
    expect(made.device.clientId).toMatch(/^kuche-2-[a-z2-9]{12}$/);
    expect(passwordOf(made)).toMatch(/^sbd_[\w-]{32}$/);
    const [listed] = await list();
    expect(listed).toEqual(made.device);
    expect(JSON.stringify(listed)).not.toContain(passwordOf(made));
    const db = await openTestDatabase(hub.dataFolder);
    onTestFinished(() => db.destroy());
    const stored = await db.selectFrom('device_credentials').selectAll().execute();
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toContain(passwordOf(made));
  });

  it('gives a certificate of the hub with a key that the hub does not keep', async () => {
    const { hub, owner } = await startSite();
    const { device, secret, ca } = await registerDevice(owner, {
      credential: { kind: 'certificate' },
    });
    if (secret.kind !== 'certificate') throw new Error(secret.kind);
    const certificate = new X509Certificate(secret.certificate);
    const authority = new X509Certificate(ca);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.subject).toBe(`CN=${device.clientId}`);
    const [credential] = device.credentials;
    expect(credential?.fingerprint).toBe(
      certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    );
    expect(Date.parse(credential?.expiresAt ?? '')).toBe(Date.parse(certificate.validTo));
    const db = await openTestDatabase(hub.dataFolder);
    onTestFinished(() => db.destroy());
    const stored = await db.selectFrom('device_credentials').selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain('PRIVATE');
  });

  it('accepts a client id of one’s own, that no other device has in any case', async () => {
    const { owner, path } = await startSite();
    const { device } = await registerDevice(owner, { clientId: 'DVES_1A2B3C' });
    expect(device.clientId).toBe('DVES_1A2B3C');
    const body = { name: 'Other', clientId: 'dves_1a2b3c', credential: { kind: 'password' } };
    expect(await owner.client.refused({ path, body })).toBe('client_id_taken');
    // The refused one left nothing behind.
    const { devices } = await owner.client.request(DeviceList, { path });
    expect(devices).toHaveLength(1);
  });

  it.each(['+', '#', 'a/b', 'a b', '', 'x'.repeat(41), 'site', 'SB', 'nul\0', '-x', '$SYS'])(
    'refuses the client id %j',
    async (clientId) => {
      const { owner, path } = await startSite();
      const body = { name: 'Other', clientId, credential: { kind: 'password' } };
      expect(await owner.client.refused({ path, body })).toBe('bad_request');
    },
  );

  it('refuses a request for a certificate that it cannot sign', async () => {
    const { owner, path, list } = await startSite();
    const body = { name: 'Other', credential: { kind: 'certificate', csr: 'hello' } };
    expect(await owner.client.refused({ path, body })).toBe('csr_invalid');
    expect(await list()).toEqual([]);
  });

  it('ends at the limit of the site', async () => {
    const { hub, owner, path } = await startSite();
    const db = await openTestDatabase(hub.dataFolder);
    onTestFinished(() => db.destroy());
    await registerDevice(owner);
    const values = Array.from({ length: LIMITS.devicesPerSite - 1 }, (_, index) => ({
      id: newId(DeviceId, index),
      site_id: owner.siteId,
      client_id: `c${index}`,
      client_key: `c${index}`,
      ...{ name: 'x', topic_space: null, created_at: 0, last_seen_at: null },
    }));
    for (let at = 0; at < values.length; at += 100)
      await db
        .insertInto('devices')
        .values(values.slice(at, at + 100))
        .execute();
    const body = { name: 'One more', credential: { kind: 'password' } };
    expect(await owner.client.refused({ path, body })).toBe('device_limit');
  });
});

describe('a registered device', () => {
  it('is renamed and given other topics by managers, and seen by guests', async () => {
    const { hub, owner, path } = await startSite();
    const { device } = await registerDevice(owner);
    const at = `/api/devices/${device.id}`;
    const manager = await addMember(hub, owner, 'manager');
    const change = { method: 'PATCH', path: at, body: { name: 'Pump', topicSpace: 'gps' } };
    const changed = await manager.request(DeviceView, change);
    expect(changed).toMatchObject({ name: 'Pump', topicSpace: 'gps' });
    const guest = await addMember(hub, owner, 'guest');
    expect((await guest.request(DeviceList, { path })).devices).toEqual([changed]);
    for (const call of [
      change,
      { method: 'DELETE', path: at },
      { path, body: { name: 'x', credential: { kind: 'password' } } },
      { path: `${at}/credentials`, body: { credential: { kind: 'password' } } },
      { method: 'DELETE', path: `${at}/credentials/${device.credentials[0]?.id ?? ''}` },
    ]) {
      expect(await guest.refused(call), call.path).toBe('forbidden');
    }
  });

  it('gets a second credential to change over to, up to the limit, and each is revoked alone', async () => {
    const { owner, list } = await startSite();
    const { device } = await registerDevice(owner);
    const path = `/api/devices/${device.id}/credentials`;
    const rotate = { path, body: { credential: { kind: 'certificate' } } };
    for (let count = 1; count < LIMITS.credentialsPerDevice; count += 1)
      await owner.client.request(DeviceCredential, rotate);
    expect(await owner.client.refused(rotate)).toBe('credential_limit');
    const [first] = device.credentials;
    const remove = { method: 'DELETE', path: `${path}/${first?.id ?? ''}` };
    expect(await owner.client.done(remove)).toBe(204);
    expect(await owner.client.refused(remove)).toBe('credential_unknown');
    const [now] = await list();
    expect(now?.credentials.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: LIMITS.credentialsPerDevice - 1 }, () => 'certificate'),
    ]);
    const made = await owner.client.request(DeviceCredential, {
      path,
      body: { credential: { kind: 'password' }, revokeOthers: true },
    });
    expect(made.device.credentials.map(({ id }) => id)).toEqual([made.credentialId]);
  });

  it('is gone once it is unregistered, and its client id is free again', async () => {
    const { owner, list } = await startSite();
    const { device } = await registerDevice(owner, { clientId: 'boiler' });
    const path = `/api/devices/${device.id}`;
    expect(await owner.client.done({ method: 'DELETE', path })).toBe(204);
    expect(await list()).toEqual([]);
    expect(await owner.client.refused({ path })).toBe('device_unknown');
    expect((await registerDevice(owner, { clientId: 'boiler' })).device.id).not.toBe(device.id);
  });

  it('leaves in the stream of the site who did what, without a secret', async () => {
    const { hub, owner } = await startSite();
    const { secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'script', scope: 'manage' },
    });
    const client = hub.client({ bearer: secret });
    const made = await registerDevice({ client, siteId: owner.siteId });
    await client.done({ method: 'DELETE', path: `/api/devices/${made.device.id}` });
    const { events } = await owner.client.request(SiteEventsPage, {
      path: `/api/sites/${owner.siteId}/events?after=0`,
    });
    const said = events.filter(({ type }) => type.startsWith('device.'));
    expect(said.map(({ type, actor }) => [type, actor.name])).toEqual([
      ['device.added', 'script'],
      ['device.credential_added', 'script'],
      ['device.removed', 'script'],
    ]);
    expect(JSON.stringify(said)).not.toContain(passwordOf(made));
  });
});
