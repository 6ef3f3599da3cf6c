import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { giveUnitKey } from '../../base-unit/cli/unit-commands.ts';
import { announceUnit } from '../../cli/unit/announce-unit.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from '../harness/free-ports.ts';
import { capturePrinted } from '../harness/printed.ts';
import { startSystem } from '../harness/system.ts';
import { firmwareIsBuilt, newKeyFile, UnitProcess } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { openPage } from './browser.ts';
import { chromiumPath } from './chromium-path.ts';

const isBuilt = existsSync(join(REPOSITORY, 'dist/dashboard/index.html')) && firmwareIsBuilt();
const LOOPBACK = '127.0.0.1';

describe.skipIf(!isBuilt || chromiumPath() === undefined)(
  'adding a unit, and its page (needs chromium and npm run build)',
  () => {
    it('finds a unit, shows what else answers, and continues to its page and its board', async () => {
      const system = await startSystem({
        units: ['lamp'],
        implementation: 'firmware',
        discovery: LOOPBACK,
        cleanup: atTestEnd,
      });
      const { hub, api } = system;
      const keyFile = newKeyFile(temporaryFolder(atTestEnd));
      const unit = new UnitProcess({
        kind: 'lamp',
        id: 'lamp-found',
        implementation: 'firmware',
        cleanup: atTestEnd,
        keyFile,
      });
      await unit.start();
      const { page, complaints } = await openPage(atTestEnd);
      await page.setViewportSize({ width: 360, height: 740 });
      const [, value = ''] = api.cookie.split('=');
      const name = `signalbox_session_${new URL(hub.httpUrl).port}`;
      await page.context().addCookies([{ name, value, url: hub.httpUrl }]);

      await page.goto(`${hub.httpUrl}/add/unit`);
      const found = page.getByRole('region', { name: 'Found on the network' });
      await found.getByText('Searching…').waitFor();

      const byAddress = page.getByRole('region', { name: 'By its address' });
      const check = async (port: number): Promise<void> => {
        await byAddress.getByRole('textbox', { name: 'Address' }).fill(LOOPBACK);
        await byAddress.getByRole('textbox', { name: 'Port' }).fill(String(port));
        await byAddress.getByRole('button', { name: /^Check/ }).click();
      };
      const [dark = 0] = await freePorts(1);
      await check(dark);
      await byAddress.getByText('Nothing answers at this address').waitFor();
      await check(Number(new URL(hub.httpUrl).port));
      await byAddress.getByText('It answers, but it is not a Signalbox unit').waitFor();
      await check(system.unit('lamp').process.port);
      await byAddress.getByText('This unit was already added').waitFor();

      // It announces itself while the screen is open.
      const withdraw = announceUnit({
        hardwareId: unit.id,
        model: 'rgb-lamp',
        port: unit.port,
        isEncrypted: true,
        hostName: unit.id,
        ip: LOOPBACK,
      });
      atTestEnd.add(() => withdraw());
      const add = found.getByRole('button', { name: `Add ${unit.id}` });
      await add.waitFor({ timeout: 20_000 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      await add.click();
      await page.getByLabel('Name of the unit').fill('Desk lamp');
      await page.getByRole('button', { name: 'Add the unit' }).click();
      await page.getByRole('heading', { name: 'Desk lamp is added' }).waitFor();
      const unitId = await until('the hub has the unit', async () => {
        const { units } = await system.snapshot();
        return units.find((one) => one.name === 'Desk lamp')?.id;
      });
      capturePrinted();
      const argv = [unitId, '--key-file', keyFile, '--data', system.baseData];
      await until('the base accepts the key', async () => (await giveUnitKey(argv)) === 0);
      await page.getByRole('heading', { name: /^Connected/ }).waitFor();

      // The controls of its tile are distinguishable from those of other lamps.
      await page.getByRole('switch', { name: 'Desk lamp: On' }).waitFor();
      const thumb = page.getByRole('slider', { name: 'Desk lamp: Brightness' });
      expect((await thumb.boundingBox())?.width).toBeGreaterThanOrEqual(24);

      // The board services are read when it is opened, once.
      await page.goto(`${hub.httpUrl}/units/${unitId}`);
      const reads = async (): Promise<number> => {
        const answer = await api.send('GET', `/api/units/${unitId}/commands?limit=100`);
        return answer.text.split('"readproperty"').length - 1;
      };
      await page.getByRole('button', { name: 'Show the board hardware' }).waitFor();
      expect(await reads()).toBe(0);
      await page.getByRole('button', { name: 'Show the board hardware' }).click();
      const uptime = page.getByRole('region', { name: 'Board hardware' }).locator('dl');
      await until('the facts are there', async () =>
        /MAC address(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/i.test((await uptime.textContent()) ?? ''),
      );
      // A button that is loading is disabled, and this waits until it is not.
      await page.getByRole('button', { name: 'Refresh' }).click({ trial: true });
      const requested = await reads();
      expect(requested).toBeGreaterThan(0);
      await page.getByRole('button', { name: 'Hide the board hardware' }).click();
      await page.getByRole('button', { name: 'Show the board hardware' }).click();
      await page.getByText('Factory reset').first().waitFor();
      expect(await reads()).toBe(requested);

      // A key alone opens a page until that is turned off, over a reload too.
      await page.keyboard.press('s');
      await page.getByRole('heading', { name: 'Settings' }).waitFor();
      await page.getByRole('switch', { name: 'Single-key shortcuts' }).click();
      await page.reload();
      await page.getByRole('heading', { name: 'Settings' }).waitFor();
      await page.keyboard.press('b');
      expect(new URL(page.url()).pathname).toBe('/settings');
      await page.getByRole('switch', { name: 'Single-key shortcuts' }).click();
      await page.locator('body').click({ position: { x: 2, y: 2 } });
      await page.keyboard.press('b');
      await until('the board is shown', () => new URL(page.url()).pathname === '/');

      // A colour slider that has the focus shows it.
      await page.getByRole('button', { name: 'Desk lamp: Colour' }).click();
      const hue = page.getByRole('slider', { name: 'Hue' });
      await hue.focus();
      await page.keyboard.press('ArrowRight');
      const ring = await hue.evaluate((slider) => {
        const { outlineWidth, outlineStyle } = getComputedStyle(slider);
        return `${outlineWidth} ${outlineStyle}`;
      });
      expect(ring).toBe('2px solid');
      expect(complaints).toEqual([]);
    });
  },
);
