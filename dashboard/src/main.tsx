import './theme/base.css';
import './theme/tokens.css';
import './theme/lists.css';
import './theme/segments.css';
import './theme/disclosures.css';
import './theme/forced-colors.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { createAccountApi } from './api/account-api.ts';
import { withFirstAnswers } from './api/first-answers.ts';
import { createFirmwareApi } from './api/firmware-api.ts';
import { createHttpClient } from '#client/http-client.ts';
import { createSiteApi } from '#client/site-api.ts';
import { App } from './app.tsx';
import { type Services, ServicesContext } from './components/services.ts';
import { systemClock } from '#client/clock.ts';
import { AccountSession } from './state/account-session.ts';
import { ColorSchemePreference } from './state/color-scheme.ts';
import { Preference } from './state/preference.ts';
import { noteSignedIn } from './state/signed-in-note.ts';
import { SiteSession } from './state/site-session.ts';
import { Ticker } from './state/ticker.ts';

/** The composition root: everything is made here and handed on. */
function start(root: HTMLElement): void {
  // The content security policy forbids eval, which zod would otherwise use to be faster.
  z.config({ jitless: true });
  const clock = systemClock;
  const http = createHttpClient({
    fetch: withFirstAnswers(window.signalboxFirstAnswers, window.fetch.bind(window)),
    onSignedOut: (code) => account.noteSignedOut(code),
  });
  const accountApi = createAccountApi(http);
  const siteApi = createSiteApi(http);
  const account = new AccountSession(accountApi);
  const services: Services = {
    http,
    accountApi,
    siteApi,
    firmwareApi: createFirmwareApi(http),
    account,
    clock,
    ticker: new Ticker(clock),
    singleKeys: new Preference({
      key: 'signalbox-single-keys',
      initial: true,
      storage: () => window.localStorage,
    }),
    colorScheme: new ColorSchemePreference({
      storage: () => window.localStorage,
      prefersDark: window.matchMedia('(prefers-color-scheme: dark)'),
      apply: (scheme) => {
        document.documentElement.dataset.theme = scheme;
      },
    }),
    openSite: (siteId, userName) =>
      new SiteSession({
        siteId,
        userName,
        api: siteApi,
        clock,
        openSocket: async () => {
          const { io } = await import('socket.io-client');
          return io({
            transports: ['websocket'],
            autoConnect: false,
            reconnection: false,
            forceNew: true,
          });
        },
      }),
  };
  noteSignedIn(account, () => window.localStorage);
  void account.load();
  createRoot(root).render(
    <StrictMode>
      <ServicesContext value={services}>
        <App />
      </ServicesContext>
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (root) start(root);
