import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../architecture/source.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { RolloutFixture } from '../harness/rollout-fixture.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { buildUpdateImages } from '../harness/update-images.ts';
import { openPage } from './browser.ts';
import { chromiumPath } from './chromium-path.ts';

const isBuilt = existsSync(join(REPOSITORY, 'dist/dashboard/index.html')) && firmwareIsBuilt();

describe.skipIf(!isBuilt || chromiumPath() === undefined)(
  'firmware on the dashboard (needs chromium and npm run build)',
  () => {
    beforeAll(() => {
      buildUpdateImages();
    }, 300_000);

    it('is uploaded, rolled out to real units, and seen to run', async () => {
      const fixture = await RolloutFixture.start(2, atTestEnd);
      const { hub, api } = fixture.system;
      const { page, complaints } = await openPage(atTestEnd);
      // The session of the test, under the name that it has at the plain port.
      const [, value = ''] = api.cookie.split('=');
      const name = `signalbox_session_${new URL(hub.httpUrl).port}`;
      await page.context().addCookies([{ name, value, url: hub.httpUrl }]);

      await page.goto(`${hub.httpUrl}/settings`);
      const settings = page.getByRole('region', { name: 'Firmware' });
      await settings.getByRole('link', { name: 'Open firmware' }).click();
      await page.getByRole('heading', { name: 'No firmware yet' }).waitFor();

      const folder = temporaryFolder(atTestEnd);
      const [wrong, file] = [join(folder, 'wrong.sbfw'), join(folder, 'lamp.sbfw')];
      writeFileSync(wrong, 'no firmware');
      writeFileSync(file, await fixture.maker.file('0.2.0'));
      const input = page.getByLabel('Signed firmware image');
      await input.setInputFiles(wrong);
      await page.getByText('firmware_file_invalid').waitFor();
      // The page reports it; the browser also logs the refused request.
      const refused = complaints.filter((text) => !text.includes('400'));
      expect(refused).toEqual([]);
      await input.setInputFiles(file);
      await page.getByText('rgb-lamp').first().waitFor();

      await page.getByRole('button', { name: 'Roll out rgb-lamp 0.2.0' }).click();
      const form = page.getByRole('form', { name: 'Roll out rgb-lamp 0.2.0' });
      await form.getByLabel('Watch each step for').selectOption('1 minute');
      await form.getByRole('button', { name: 'Update 2 units' }).click();

      const rollout = page.getByRole('region', { name: 'Rollout of rgb-lamp 0.2.0' });
      await rollout.getByText('Updated').first().waitFor({ timeout: 45_000 });
      await rollout.getByText(/Watching the units of this step/).waitFor();
      const [updated] = fixture.lamps;
      await rollout.getByRole('button', { name: 'Pause' }).click();
      await rollout.getByText('Paused').first().waitFor();
      const end = rollout.getByRole('button', { name: 'End this rollout' });
      await end.click();
      // It asks for confirmation in place.
      await rollout.getByRole('button', { name: 'Cancel', exact: true }).waitFor();
      await end.click();
      await rollout.getByText('Ended manually').waitFor();

      // The other one by itself, on its own page.
      const canary = await rollout.getByText('· first').locator('..').textContent();
      const other = fixture.lamps.find((lamp) => !canary?.startsWith(lamp.process.id)) ?? updated;
      await page.goto(`${hub.httpUrl}/units/${other?.id ?? ''}`);
      const firmware = page.getByRole('region', { name: 'Firmware' });
      await firmware.getByRole('button', { name: 'Update to 0.2.0…' }).click();
      await firmware.getByRole('button', { name: 'Install 0.2.0 and restart' }).click();
      await firmware.getByText('Runs rgb-lamp 0.2.0').waitFor({ timeout: 45_000 });
    });
  },
);
