import { describe, expect, it } from 'vitest';
import {
  DeviceLoginGranted,
  DeviceLoginStarted,
  HubCa,
  OwnToken,
} from '#protocol/http/device-logins.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startSystem } from '../harness/system.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard } from './fake-dashboard.ts';

describe.skipIf(!canOpenDashboard)(
  'connecting a program on the dashboard (needs chromium and npm run build)',
  () => {
    it('shows the requester, and grants what the person chooses', async () => {
      const system = await startSystem({
        units: [],
        implementation: 'virtual',
        cleanup: atTestEnd,
      });
      const { hub, api, site } = system;
      const program = api.anonymous();
      const body = { host: 'ada-laptop', program: 'signalbox', scope: 'manage' };
      const login = await program.post(DeviceLoginStarted, '/api/device-logins', body);
      const { page, complaints } = await openPage(atTestEnd);
      const [, value = ''] = api.cookie.split('=');
      const name = `signalbox_session_${new URL(hub.httpUrl).port}`;
      await page.context().addCookies([{ name, value, url: hub.httpUrl }]);

      await page.goto(`${hub.httpUrl}${login.path}`);
      const { fingerprint } = await api.get(HubCa, '/api/ca');
      await page.getByText((fingerprint.match(/.{1,5}/g) ?? []).join('-')).waitFor();
      await page.getByLabel('Code', { exact: true }).fill(login.userCode.toLowerCase());
      await page.getByRole('button', { name: 'Continue' }).click();
      const request = page.getByRole('region', { name: 'signalbox on ada-laptop' });
      await request.getByText(login.userCode).waitFor();
      await request.getByText(/from 127\.0\.0\.1, the same as yours/).waitFor();
      await request.getByLabel('Permission').selectOption('Read');
      await request.getByLabel('Ends').selectOption('In 1 day');
      const home = request.getByLabel(site.name);
      await home.uncheck();
      expect(await request.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
      await home.check();
      await request.getByRole('button', { name: 'Approve' }).click();
      await page.getByText('Approved.').waitFor();
      expect(complaints).toEqual([]);

      const poll = { deviceCode: login.deviceCode };
      const granted = await program.post(DeviceLoginGranted, '/api/device-logins/token', poll);
      const own = await api.withToken(granted.secret).get(OwnToken, '/api/account/token');
      expect(own.token).toMatchObject({ scope: 'read', siteIds: [site.id] });
      expect(own.token.expiresAt).not.toBeNull();

      await page.goto(`${hub.httpUrl}/settings`);
      const tokens = page.getByRole('region', { name: 'API tokens' });
      await tokens.getByText('signalbox on ada-laptop').waitFor();
    });
  },
);
