import { createContext, useContext } from 'react';
import type { SessionView } from '#protocol/http/accounts.ts';
import type { SiteId } from '#protocol/ids.ts';
import { AppError } from '#protocol/errors.ts';
import type { AccountApi } from '../api/account-api.ts';
import type { FirmwareApi } from '../api/firmware-api.ts';
import type { SiteApi } from '#client/site-api.ts';
import type { HttpClient } from '#client/http-client.ts';
import type { Clock } from '#client/clock.ts';
import type { AccountSession } from '../state/account-session.ts';
import type { ColorSchemePreference } from '../state/color-scheme.ts';
import type { Preference } from '../state/preference.ts';
import type { SiteSession } from '../state/site-session.ts';
import type { Ticker } from '../state/ticker.ts';

/** What every view may use; made once in main.tsx. */
export interface Services {
  /** For the calls of a page that is loaded when it is opened. */
  readonly http: HttpClient;
  readonly accountApi: AccountApi;
  readonly siteApi: SiteApi;
  readonly firmwareApi: FirmwareApi;
  readonly account: AccountSession;
  readonly clock: Clock;
  readonly ticker: Ticker;
  /** Whether keys without a modifier do something: speech input and unsteady hands type them by accident. */
  readonly singleKeys: Preference;
  readonly colorScheme: ColorSchemePreference;
  readonly openSite: (siteId: SiteId, userName: string) => SiteSession;
}

/** Who is signed in, and the site on screen. */
export interface SignedIn {
  readonly user: NonNullable<SessionView['user']>;
  readonly site: SiteSession;
  readonly showSite: (siteId: SiteId) => void;
}

export const ServicesContext = createContext<Services | undefined>(undefined);
export const SignedInContext = createContext<SignedIn | undefined>(undefined);

export function useServices(): Services {
  return present(useContext(ServicesContext));
}

export function useSignedIn(): SignedIn {
  return present(useContext(SignedInContext));
}

/** The site on screen. */
export function useSite(): SiteSession {
  return useSignedIn().site;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new AppError('internal', {
      details: { reason: 'a view was drawn outside of its context' },
    });
  }
  return value;
}
