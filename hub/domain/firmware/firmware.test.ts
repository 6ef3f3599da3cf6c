import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import type { FirmwareView } from '#protocol/http/firmware.ts';
import { FirmwareKeys, FirmwareList } from '#protocol/http/firmware.ts';
import { FirmwareId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { byteRange } from '../../edges/http/byte-range.ts';
import { pairBase } from '../../testing/fake-base.ts';
import { FirmwareMaker } from '../../testing/firmware-file.ts';
import { HubClient } from '../../testing/hub-client.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { openTestDatabase } from '../../testing/test-store.ts';
import { addMember, uploadFirmware } from '../../testing/rollout-site.ts';
import {
  type Owner,
  type TestHub,
  signUpOwner,
  signUpOther,
  startTestHub,
} from '../../testing/test-hub.ts';

async function fixture(): Promise<{ hub: TestHub; owner: Owner; maker: FirmwareMaker }> {
  const hub = await startTestHub();
  return { hub, owner: await signUpOwner(hub), maker: await FirmwareMaker.create() };
}

/** Digests of the images that are stored; no upload is left behind. */
async function filesOf(hub: TestHub): Promise<string[]> {
  expect(readdirSync(join(hub.dataFolder, 'firmware'))).toEqual([]);
  const db = await openTestDatabase(hub.dataFolder);
  const rows = await db.selectFrom('firmware_images').select('sha256').distinct().execute();
  await db.destroy();
  return rows.map(({ sha256 }) => sha256);
}

async function listOf({ client, siteId }: Owner): Promise<FirmwareView[]> {
  const list = await client.request(FirmwareList, { path: `/api/sites/${siteId}/firmware` });
  return list.firmware;
}

function post(owner: Owner, raw: Uint8Array | string) {
  return {
    path: `/api/sites/${owner.siteId}/firmware`,
    raw,
    headers: { 'content-type': 'application/octet-stream' },
  };
}

describe('a signed image', () => {
  it('is kept once, with what it says of itself', async () => {
    const { hub, owner, maker } = await fixture();
    const file = await maker.file({ version: '2.0.1', minVersion: '1.0.0' });
    const view = await uploadFirmware(owner, file);
    expect(view).toMatchObject({
      siteId: owner.siteId,
      fileBytes: file.length,
      signature: 'unchecked',
      manifest: { model: 'lamp', version: '2.0.1', minVersion: '1.0.0', platform: 'esp8266' },
    });
    const again = await owner.client.call(post(owner, file));
    expect(again.status).toBe(200);
    expect(await listOf(owner)).toEqual([view]);
    expect(await filesOf(hub)).toEqual([view.sha256]);
  });

  it('is refused when it is none, cut short, changed, or of another kind', async () => {
    const { hub, owner, maker } = await fixture();
    const file = await maker.file();
    const changed = Uint8Array.from(file);
    changed[changed.length - 1] = 0;
    for (const wrong of [new Uint8Array(), file.subarray(0, -1), changed, Uint8Array.of(1, 2)]) {
      expect(await owner.client.refused(post(owner, wrong))).toBe('firmware_file_invalid');
    }
    const json = { ...post(owner, '{}'), headers: { 'content-type': 'application/json' } };
    expect(await owner.client.refused(json)).toBe('unsupported_media_type');
    const large = new Uint8Array(LIMITS.firmwareFileBytes + 1);
    expect(await owner.client.refused(post(owner, large))).toBe('body_too_large');
    expect(await filesOf(hub)).toEqual([]);
  });

  it('must be signed with a key that the site trusts, where it names any', async () => {
    const { owner, maker } = await fixture();
    const before = await uploadFirmware(owner, await maker.file({ version: '1.0.1' }));
    const otherUser = await FirmwareMaker.create();
    const path = `/api/sites/${owner.siteId}/firmware-keys`;
    await owner.client.request(FirmwareKeys, {
      method: 'PUT',
      path,
      body: { keys: [otherUser.publicKey] },
    });
    const mine = await maker.file({ version: '1.0.2' });
    expect(await owner.client.refused(post(owner, mine))).toBe('firmware_unsigned');
    const good = await uploadFirmware(owner, await otherUser.file({ version: '1.0.3' }));
    expect(good.signature).toBe('trusted');
    const [, first] = await listOf(owner);
    expect(first).toMatchObject({ id: before.id, signature: 'untrusted' });
    const refused = {
      path: `/api/sites/${owner.siteId}/rollouts`,
      body: { firmwareId: before.id },
    };
    expect(await owner.client.refused(refused)).toBe('firmware_unsigned');
    const point = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]).toString('base64');
    const wrong = { method: 'PUT', path, body: { keys: [point] } };
    expect(await owner.client.refused(wrong)).toBe('bad_request');
    expect(await owner.client.request(FirmwareKeys, { path })).toEqual({
      keys: [otherUser.publicKey],
    });
  });

  it('is limited in number, and makes room when it is deleted', async () => {
    const { hub, owner, maker } = await fixture();
    const first = await uploadFirmware(owner, await maker.file({ version: '0.0.0' }));
    for (let patch = 1; patch < LIMITS.firmwarePerSite; patch += 1) {
      await uploadFirmware(owner, await maker.file({ version: `0.0.${patch}` }));
    }
    const more = await maker.file({ version: '0.1.0' });
    expect(await owner.client.refused(post(owner, more))).toBe('firmware_limit');
    expect(await filesOf(hub)).toHaveLength(LIMITS.firmwarePerSite);
    await owner.client.done({ method: 'DELETE', path: `/api/firmware/${first.id}` });
    expect(await filesOf(hub)).toHaveLength(LIMITS.firmwarePerSite - 1);
    await uploadFirmware(owner, more);
  });

  it('deletes orphaned files when the hub starts', async () => {
    const { hub, owner, maker } = await fixture();
    const view = await uploadFirmware(owner, await maker.file());
    await hub.close();
    const folder = join(hub.dataFolder, 'firmware');
    writeFileSync(join(folder, '0'.repeat(64)), 'of a site that is gone');
    writeFileSync(join(folder, 'begun.part'), 'cut');
    await startTestHub({ config: { dataFolder: hub.dataFolder } });
    expect(await filesOf(hub)).toEqual([view.sha256]);
  });
});

describe('who may bring, see and fetch firmware', () => {
  it('is uploaded by owners, seen by members, and by nobody else', async () => {
    const { hub, owner, maker } = await fixture();
    const file = await maker.file();
    const view = await uploadFirmware(owner, file);
    const member = await addMember(hub, owner);
    const otherUser = await signUpOther(hub, owner);
    const list = { path: `/api/sites/${owner.siteId}/firmware` };
    const remove = { method: 'DELETE', path: `/api/firmware/${view.id}` };
    const keys = {
      method: 'PUT',
      path: `/api/sites/${owner.siteId}/firmware-keys`,
      body: { keys: [] },
    };
    for (const call of [post(owner, file), list, remove, keys]) {
      expect(await hub.client().refused(call)).toBe('unauthenticated');
    }
    for (const call of [post(owner, file), list, keys]) {
      expect(await otherUser.refused(call)).toBe('site_unknown');
    }
    expect(await otherUser.refused(remove)).toBe('firmware_unknown');
    for (const call of [post(owner, file), remove, keys]) {
      expect(await member.refused(call)).toBe('forbidden');
    }
    expect((await member.request(FirmwareList, list)).firmware).toEqual([view]);
    const nobody = { method: 'DELETE', path: `/api/firmware/${newId(FirmwareId)}` };
    expect(await owner.client.refused(nobody)).toBe('firmware_unknown');
  });

  it('respects the scope of an API token, and its revocation', async () => {
    const { hub, owner, maker } = await fixture();
    const make = async (scope: string): Promise<TokenCreated> =>
      await owner.client.request(TokenCreated, {
        path: '/api/account/tokens',
        body: { name: scope, scope },
      });
    const [read, control, manage] = [
      await make('read'),
      await make('control'),
      await make('manage'),
    ];
    const file = await maker.file();
    const list = { path: `/api/sites/${owner.siteId}/firmware` };
    const reader = hub.client({ bearer: read.secret });
    expect(await reader.refused(post(owner, file))).toBe('forbidden');
    expect((await reader.call(list)).status).toBe(200);
    const controller = hub.client({ bearer: control.secret });
    expect(await controller.refused(post(owner, file))).toBe('forbidden');
    const bringer = hub.client({ bearer: manage.secret });
    expect((await bringer.call(post(owner, file))).status).toBe(201);
    const keys = {
      method: 'PUT',
      path: `/api/sites/${owner.siteId}/firmware-keys`,
      body: { keys: [] },
    };
    // Whose firmware a site trusts, no token decides.
    expect(await bringer.refused(keys)).toBe('forbidden');
    await owner.client.done({
      method: 'DELETE',
      path: `/api/account/tokens/${manage.token.id}`,
    });
    expect(await bringer.refused(post(owner, file))).toBe('token_invalid');
  });

  it('refuses an expired token', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const { secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'a day', scope: 'manage', expiresInDays: 1 },
    });
    const bringer = hub.client({ bearer: secret });
    const file = await (await FirmwareMaker.create()).file();
    expect((await bringer.call(post(owner, file))).status).toBe(201);
    clock.suspend(86_400_001);
    expect(await bringer.refused(post(owner, file))).toBe('token_invalid');
    const rollout = { path: `/api/sites/${owner.siteId}/rollouts`, body: {} };
    expect(await bringer.refused(rollout)).toBe('token_invalid');
  });

  it('gives the file to bases of the site, whole or from where they have it', async () => {
    const { hub, owner, maker } = await fixture();
    const file = await maker.file({}, new Uint8Array(100_000).fill(7));
    const view = await uploadFirmware(owner, file);
    const base = await pairBase(hub, owner);
    const path = `/api/firmware/${view.id}/image`;
    const fetchAs = async (bearer: string, range?: string): Promise<Response> =>
      await fetch(hub.addresses.http + path, {
        headers: { authorization: `Bearer ${bearer}`, ...(range === undefined ? {} : { range }) },
      });
    const whole = await fetchAs(await base.assertion());
    expect(whole.status).toBe(200);
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(file);
    const rest = await fetchAs(await base.assertion(), 'bytes=99000-');
    expect(rest.status).toBe(206);
    expect(rest.headers.get('content-range')).toBe(`bytes 99000-${file.length - 1}/${file.length}`);
    expect(new Uint8Array(await rest.arrayBuffer())).toEqual(file.subarray(99_000));
    expect(await owner.client.refused({ path })).toBe('forbidden');
    expect(await hub.client().refused({ path })).toBe('unauthenticated');
    expect(await asBase(hub, path, 'no assertion')).toBe('assertion_invalid');
    const other = await owner.client.request(SiteView, {
      path: '/api/sites',
      body: { name: 'Elsewhere' },
    });
    const elsewhere = await pairBase(hub, { ...owner, siteId: other.id });
    expect(await asBase(hub, path, await elsewhere.assertion())).toBe('firmware_unknown');
    await owner.client.done({ method: 'DELETE', path: `/api/bases/${base.id}` });
    expect(await asBase(hub, path, await base.assertion())).toBe('base_revoked');
  });
});

async function asBase(hub: TestHub, path: string, bearer: string): Promise<string> {
  return await new HubClient(hub.addresses.http, { bearer }).refused({ path });
}

it.each([
  ['bytes=0-', { start: 0, end: 9 }],
  ['bytes=3-5', { start: 3, end: 5 }],
  ['bytes=9-100', { start: 9, end: 9 }],
  ['bytes=10-', undefined],
  ['bytes=5-3', undefined],
  ['bytes=-3', undefined],
  ['bytes=0-1,3-4', undefined],
  ['lines=0-1', undefined],
  [undefined, undefined],
])('answers the range %s of ten bytes', (header, range) => {
  expect(byteRange(header, 10)).toEqual(range);
});
