import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { io } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { Router } from 'wouter';
import { newId, UserId } from '#protocol/ids.ts';
import { createAccountApi } from '../src/api/account-api.ts';
import { createFirmwareApi } from '../src/api/firmware-api.ts';
import { createHttpClient } from '#client/http-client.ts';
import { createSiteApi } from '#client/site-api.ts';
import { type Services, ServicesContext, SignedInContext } from '../src/components/services.ts';
import { AccountSession } from '../src/state/account-session.ts';
import { ColorSchemePreference } from '../src/state/color-scheme.ts';
import { Preference } from '../src/state/preference.ts';
import { SiteSession } from '../src/state/site-session.ts';
import { Ticker } from '../src/state/ticker.ts';
import type { FakeSite } from './fake-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';

/** The markup of an element within an open site, without a network, at an address of the dashboard. */
export function markupInSite(site: FakeSite, element: ReactNode, path = '/'): string {
  const clock = new ManualClock(Date.now());
  const http = createHttpClient({
    fetch: () => Promise.reject(new TypeError('no network here')),
    onSignedOut: () => undefined,
  });
  const [accountApi, siteApi] = [createAccountApi(http), createSiteApi(http)];
  const open: Services['openSite'] = (siteId, userName) =>
    new SiteSession({
      siteId,
      userName,
      api: siteApi,
      clock,
      openSocket: () => io('http://127.0.0.1:1', { autoConnect: false }),
    });
  const session = open(site.site.id, 'Ada');
  onTestFinished(() => session.close());
  session.store.applySnapshot(site.snapshot());
  const services: Services = {
    http,
    accountApi,
    siteApi,
    firmwareApi: createFirmwareApi(http),
    account: new AccountSession(accountApi),
    clock,
    ticker: new Ticker(clock),
    singleKeys: new Preference({
      key: 'single-keys',
      initial: true,
      storage: () => ({ getItem: () => null, setItem: () => undefined }),
    }),
    colorScheme: new ColorSchemePreference({
      storage: () => ({ getItem: () => null, setItem: () => undefined }),
      prefersDark: { matches: false, addEventListener: () => undefined },
      apply: () => undefined,
    }),
    openSite: open,
  };
  const user = { id: newId(UserId), email: 'ada@example.org', name: 'Ada' };
  return renderToStaticMarkup(
    <ServicesContext value={services}>
      <SignedInContext value={{ user, site: session, showSite: () => undefined }}>
        <Router ssrPath={path}>{element}</Router>
      </SignedInContext>
    </ServicesContext>,
  );
}

/** What a person would read of the markup. */
export function textOf(markup: string): string {
  return markup
    .replaceAll(/<style[^]*?<\/style>/g, '')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('\u202f', ' ');
}
