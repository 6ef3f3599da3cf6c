import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../architecture/source.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startDemo } from '../harness/demo-process.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { openPage } from './browser.ts';
import { chromiumPath } from './chromium-path.ts';

const isBuilt = existsSync(join(REPOSITORY, 'dist/dashboard/index.html')) && firmwareIsBuilt();

describe.skipIf(!isBuilt || chromiumPath() === undefined)(
  'first light (needs chromium and npm run build)',
  () => {
    it('goes all the way: sign in, change the colour, see the unit report it, see a reading', async () => {
      const demo = await startDemo(atTestEnd);
      const { page, complaints } = await openPage(atTestEnd);

      await page.goto(demo.signInUrl);
      await page.getByLabel('Name').fill('Ada');
      await page.getByLabel('E-mail').fill('ada@example.com');
      await page.getByLabel('Password').first().fill('a lamp in the window');
      await page.getByRole('button', { name: 'Create account' }).click();

      const lamp = page.getByRole('article', { name: 'Lamp' });
      const light = page.getByRole('article', { name: 'Light sensor' });
      await lamp.waitFor();
      await light.waitFor();

      await lamp.getByRole('button', { name: 'Colour' }).click();
      const colour = page.getByRole('dialog').getByLabel('Colour', { exact: true });
      await colour.fill('#12ab34');
      await colour.press('Enter');
      // The lamp's own words, as the C++ process prints them.
      await until('the firmware changes its colour', () =>
        /^\S+ lamp .*12ab34/m.test(demo.output()),
      );
      await until(
        'the dashboard shows what the unit reported',
        async () =>
          (await lamp.getByTestId('reported-color').getAttribute('data-value')) === '#12ab34',
      );
      await page.keyboard.press('Escape');

      const value = light.getByTestId('value-illuminance');
      const first = await value.textContent();
      await until('the live value moves', async () => (await value.textContent()) !== first);

      await light.getByRole('link').first().click();
      const chart = page.getByTestId('history-chart');
      const points = async (): Promise<number> => Number(await chart.getAttribute('data-points'));
      const before = await until('the chart has points', points);
      await until('a reading moves the chart', async () => (await points()) > before);

      expect(complaints).toEqual([]);
    });
  },
);
