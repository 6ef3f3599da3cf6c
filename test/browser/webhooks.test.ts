import { describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { WebhookList } from '#protocol/http/webhooks.ts';
import { startReceiver } from '../../hub/testing/webhook-site.ts';
import { startSystem } from '../harness/system.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard } from './fake-dashboard.ts';
import { looked } from './look/looked.ts';

describe.skipIf(!canOpenDashboard)(
  'webhooks on the dashboard (needs chromium and npm run build)',
  () => {
    it('are added, tested, read about, resent, replayed, rotated and removed', async () => {
      const system = await startSystem({
        units: [],
        implementation: 'virtual',
        cleanup: atTestEnd,
      });
      const { hub, api, site } = system;
      const receiver = await startReceiver();
      receiver.answer = () => ({ status: 503, body: 'the stock is closed' });
      const { page, complaints } = await openPage(atTestEnd, { hasTouch: true });
      const [, value = ''] = api.cookie.split('=');
      const cookie = `signalbox_session_${new URL(hub.httpUrl).port}`;
      await page.context().addCookies([{ name: cookie, value, url: hub.httpUrl }]);
      const list = async () =>
        (await api.get(WebhookList, `/api/sites/${site.id}/webhooks`)).webhooks;

      await page.goto(`${hub.httpUrl}/settings`);
      await page.getByRole('link', { name: 'Open webhooks' }).click();
      await page.getByText('No webhooks yet').waitFor();
      const faults = await looked(page, 'webhooks-empty');

      const form = page.getByRole('region', { name: 'Add a webhook' });
      const submit = form.getByRole('button', { name: 'Add' });
      expect(await submit.isDisabled()).toBe(true);
      await form.getByLabel('Name').fill('Stock');
      await form.getByLabel('Address').fill('https://10.0.0.1/');
      await form.getByLabel('Event types').fill('no.such');
      expect(await submit.isDisabled()).toBe(true);
      await form.getByLabel('Event types').fill('site.*, unit.added');
      await submit.click();
      await form.getByText('webhook_url_refused').waitFor();
      faults.push(...(await looked(page, 'webhooks-refused')));
      await form.getByLabel('Address').fill(receiver.url);
      await submit.click();
      await page.getByText(/^whsec_/).waitFor();
      const secret = await page.getByText(/^whsec_/).innerText();
      faults.push(...(await looked(page, 'webhooks-secret')));
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByText(secret).waitFor({ state: 'detached' });

      await page.getByRole('link', { name: 'Stock' }).click();
      await page.getByText('Nothing was sent yet.').waitFor();
      await page.getByRole('button', { name: 'Send test message' }).click();
      const log = page.getByRole('region', { name: 'Log' });
      await log.getByText('Not delivered').last().waitFor();
      await log
        .getByText(/HTTP 503/)
        .first()
        .waitFor();
      await log.getByRole('button', { name: 'Details of webhook.test' }).click();
      await log.getByText('the stock is closed').waitFor();
      await log.getByText(/webhook-id: /).waitFor();
      faults.push(...(await looked(page, 'webhook-log')));

      receiver.answer = () => ({ status: 200 });
      await log.getByRole('button', { name: 'Resend webhook.test' }).click();
      const item = log.getByRole('listitem').filter({ hasText: 'webhook.test' });
      await item
        .locator('.signal', { hasText: /^Delivered/ })
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Everything' }).click();
      await page.getByText('1 message is sent again.').waitFor();
      await until('it came once more', () => receiver.received.length === 3);

      await page.getByRole('button', { name: 'Rotate secret' }).click();
      await page.getByText(/^whsec_/).waitFor();
      expect(await page.getByText(/^whsec_/).innerText()).not.toBe(secret);
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Disable' }).click();
      await page.getByText('Disabled', { exact: true }).first().waitFor();
      faults.push(...(await looked(page, 'webhook-disabled')));
      await page.route('**/api/webhooks/**', (route) => route.abort());
      await page.reload();
      await page.getByRole('button', { name: 'Try again' }).first().waitFor();
      faults.push(...(await looked(page, 'webhook-offline')));
      await page.unroute('**/api/webhooks/**');
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await page.getByRole('button', { name: 'Remove Stock' }).click();
      await page.getByRole('button', { name: 'Remove Stock' }).click();
      await page.getByText('No webhooks yet').waitFor();
      expect(await list()).toEqual([]);
      expect(faults).toEqual([]);
      expect(complaints.filter((text) => !/ERR_FAILED|status of 422/.test(text))).toEqual([]);
    });
  },
);
