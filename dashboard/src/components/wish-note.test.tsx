import { MantineProvider } from '@mantine/core';
import { renderToStaticMarkup } from 'react-dom/server';
import { io } from 'socket.io-client';
import { afterEach, expect, it } from 'vitest';
import { Router } from 'wouter';
import { CommandId, newId, UserId } from '#protocol/ids.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { createAccountApi } from '../api/account-api.ts';
import { createHttpClient } from '../api/http-client.ts';
import { createSiteApi } from '../api/site-api.ts';
import { AccountSession } from '../state/account-session.ts';
import { SiteSession } from '../state/site-session.ts';
import { Ticker } from '../state/ticker.ts';
import { PropertyRow } from './property-row.tsx';
import { type Services, ServicesContext, SignedInContext } from './services.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The row of a lamp's brightness as text, with a wish of this age and a base that is away. */
function rowText(wishedAgoMs: number): string {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar', 'offline');
  const reported = { brightness: 10 };
  const unit = site.addUnit(base, { name: 'Lamp', place: '', thing: LAMP_THING, reported });
  const setAtMs = Date.now() - wishedAgoMs;
  const wish = { value: 80, version: 1, commandId: newId(CommandId), setAtMs };
  site.putUnit({ ...unit, desired: { brightness: wish } });

  const clock = manualClock(Date.now());
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
  closers.push(() => session.close());
  session.store.applySnapshot(site.snapshot());
  const services: Services = {
    accountApi,
    siteApi,
    account: new AccountSession(accountApi),
    ticker: new Ticker(clock),
    openSite: open,
  };
  const current = session.store.units.get(unit.id) ?? unit;
  const user = { id: newId(UserId), email: 'ada@example.org', name: 'Ada' };
  const markup = renderToStaticMarkup(
    <MantineProvider>
      <ServicesContext value={services}>
        <SignedInContext value={{ user, site: session, showSite: () => undefined }}>
          <Router ssrPath="/">
            <PropertyRow unit={current} name="brightness" />
          </Router>
        </SignedInContext>
      </ServicesContext>
    </MantineProvider>,
  );
  return markup.replaceAll(/<style[^]*?<\/style>|<[^>]+>/g, '').replaceAll('\u202f', ' ');
}

it('says what is wanted, what is, and what it waits for', () => {
  expect(rowText(60_000)).toMatch(/wanted 80 %, is 10 %.*waits for the base to come online/);
});

it('offers to take a waiting wish back', () => {
  expect(rowText(60_000)).toContain('Take back');
});

it('says nothing of a wish that may come true in the next moment', () => {
  expect(rowText(0)).not.toMatch(/wanted/);
});
