import { describe, expect, it } from 'vitest';
import { FakeSite } from '../../dashboard/testing/fake-site.ts';
import { furnish } from '../../dashboard/testing/furnish.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard, startFakeDashboard } from './fake-dashboard.ts';

async function arrange() {
  const site = new FakeSite('Home');
  furnish(site, 'home', () => undefined);
  const fake = await startFakeDashboard(atTestEnd, site);
  const { page } = await openPage(atTestEnd, { reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(fake.url);
  await page.getByRole('article', { name: 'Reading lamp' }).waitFor();
  return { ...fake, page };
}

describe.skipIf(!canOpenDashboard)('without the hub (needs chromium and npm run build)', () => {
  it('waits with a page that was never opened, and shows it whole when the hub is back', async () => {
    const { hub, page } = await arrange();
    hub.failure = 'not_ready';
    hub.dropSockets();
    await page.route('**/assets/**', (route) => route.abort('connectionrefused'));
    await page.getByText(/No live connection/).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    await page.getByText('This page appears when the hub is back').waitFor();
    expect(await page.getByText('cannot be shown').count()).toBe(0);
    // The navigation stays, and what was loaded can be opened.
    await page.getByRole('navigation').getByRole('link', { name: 'Board' }).click();
    await page.getByRole('article', { name: 'Reading lamp' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    await page.getByText('This page appears when the hub is back').waitFor();
    hub.failure = undefined;
    await page.unroute('**/assets/**');
    const theme = page.getByRole('group', { name: 'Theme' });
    await theme.waitFor({ timeout: 60_000 });
    expect(await theme.evaluate((group) => getComputedStyle(group).display)).toBe('grid');
  });

  it('has the focus on its page after signing out, where the keyboard goes on', async () => {
    const { page } = await arrange();
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    await page.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('email');
  });
});
