import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FirmwareList } from '#protocol/http/firmware.ts';
import { pairBase } from '../testing/fake-base.ts';
import { FirmwareMaker } from '../testing/firmware-file.ts';
import { HubClient } from '../testing/hub-client.ts';
import { uploadFirmware } from '../testing/rollout-site.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import { signUpOwner, startTestHub } from '../testing/test-hub.ts';
import { testEngines } from '../testing/test-store.ts';

it.runIf(testEngines().includes('postgres'))(
  'firmware that was uploaded at one hub is given to a base by another',
  async () => {
    const database = await temporaryDatabase(onTestFinished);
    const [one, two] = [await startTestHub({ database }), await startTestHub({ database })];
    const owner = await signUpOwner(one);
    const base = await pairBase(one, owner);
    const maker = await FirmwareMaker.create();
    const file = await maker.file({}, new Uint8Array(150_000).fill(7));
    const view = await uploadFirmware(owner, file);
    const path = `/api/firmware/${view.id}/image`;
    const fetchRange = async (range: string) =>
      await fetch(two.addresses.http + path, {
        headers: { authorization: `Bearer ${await base.assertion()}`, range },
      });
    const rest = await fetchRange('bytes=65530-');
    expect(rest.status).toBe(206);
    expect(new Uint8Array(await rest.arrayBuffer())).toEqual(file.subarray(65_530));
    for (const { dataFolder } of [one, two]) {
      expect(readdirSync(join(dataFolder, 'firmware'))).toEqual([]);
    }
    // The hub that is gone is not needed for it.
    await one.close();
    const first = await fetchRange('bytes=0-9');
    expect(new Uint8Array(await first.arrayBuffer())).toEqual(file.subarray(0, 10));
    const atTwo = owner.client.at(two.addresses.http);
    await atTwo.done({ method: 'DELETE', path: `/api/firmware/${view.id}` });
    const list = { path: `/api/sites/${owner.siteId}/firmware` };
    expect((await atTwo.request(FirmwareList, list)).firmware).toEqual([]);
    const asBase = new HubClient(two.addresses.http, { bearer: await base.assertion() });
    expect(await asBase.refused({ path })).toBe('firmware_unknown');
  },
);
