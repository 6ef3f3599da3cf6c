import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DeviceList } from '#protocol/http/devices.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startSystem } from '../harness/system.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard } from './fake-dashboard.ts';
import { looked } from './look/looked.ts';

describe.skipIf(!canOpenDashboard)(
  'devices on the dashboard (needs chromium and npm run build)',
  () => {
    it('are registered, shown once what they connect with, changed over and unregistered', async () => {
      const system = await startSystem({
        units: [],
        implementation: 'virtual',
        cleanup: atTestEnd,
      });
      const { hub, api, site } = system;
      const { page, complaints } = await openPage(atTestEnd, { hasTouch: true });
      const [, value = ''] = api.cookie.split('=');
      const cookie = `signalbox_session_${new URL(hub.httpUrl).port}`;
      await page.context().addCookies([{ name: cookie, value, url: hub.httpUrl }]);
      const list = async () => await api.get(DeviceList, `/api/sites/${site.id}/devices`);
      const devices = async () => (await list()).devices;
      const { mqtt } = await list();

      await page.goto(`${hub.httpUrl}/settings`);
      await page.getByRole('link', { name: 'Open devices' }).click();
      await page.getByText('No devices yet').waitFor();
      const faults = await looked(page, 'devices-empty');

      const register = page.getByRole('region', { name: 'Register a device' });
      const submit = register.getByRole('button', { name: 'Register' });
      expect(await submit.isDisabled()).toBe(true);
      await register.getByLabel('Name').fill('Boiler');
      await submit.click();
      const handover = page.getByRole('status').filter({ hasText: 'Boiler can connect' });
      await handover.waitFor();
      const [boiler] = await devices();
      const text = await handover.innerText();
      expect(text).toContain(boiler?.clientId);
      const [password = ''] = /sbd_[\w-]{32}/.exec(text) ?? [];
      const snippet = handover.locator('pre');
      expect(await snippet.innerText()).toContain(`-u ${boiler?.clientId ?? ''} -P ${password}`);
      for (const client of ['mqttjs', 'paho', 'arduino', 'esphome', 'tasmota']) {
        await handover.getByLabel('Ready to use for').selectOption(client);
        expect(await snippet.innerText(), client).toContain(password);
        expect(await snippet.innerText(), client).toContain(String(mqtt.port));
      }
      faults.push(...(await looked(page, 'devices-handover')));
      await handover.getByRole('button', { name: 'Done' }).click();
      await page.getByText(password).waitFor({ state: 'detached' });

      const row = page.getByRole('listitem').filter({ hasText: 'Boiler' });
      await row.getByText('never connected').waitFor();
      await row.getByRole('button', { name: 'Details of Boiler' }).click();
      await row.getByRole('button', { name: 'New certificate' }).click();
      await handover.waitFor();
      const href = await handover
        .getByRole('link', { name: 'Download cert.pem' })
        .getAttribute('href');
      const pem = decodeURIComponent((href ?? '').split(',')[1] ?? '');
      expect(new X509Certificate(pem).subject).toBe(`CN=${boiler?.clientId ?? ''}`);
      await handover.getByRole('link', { name: 'Download key.pem' }).waitFor();
      faults.push(...(await looked(page, 'devices-certificate')));
      await handover.getByRole('button', { name: 'Done' }).click();
      await row.getByRole('button', { name: 'Revoke this password' }).click();
      await row.getByRole('button', { name: 'Revoke this password' }).click();
      await row.getByText('Password', { exact: true }).waitFor({ state: 'detached' });
      expect((await devices())[0]?.credentials.map(({ kind }) => kind)).toEqual(['certificate']);
      await row.getByRole('button', { name: 'Unregister Boiler' }).click();
      await row.getByRole('button', { name: 'Unregister Boiler' }).click();
      await page.getByText('No devices yet').waitFor();
      expect(await devices()).toEqual([]);

      await page.route('**/api/sites/*/devices', (route) => route.abort());
      await page.reload();
      await page.getByRole('button', { name: 'Try again' }).waitFor();
      faults.push(...(await looked(page, 'devices-offline')));
      expect(faults).toEqual([]);
      // The browser itself reports what was cut on purpose.
      expect(complaints.filter((line) => !line.includes('ERR_FAILED'))).toEqual([]);
    });
  },
);
