import type { AccountEvent } from '#protocol/events/account-event.ts';
import type { SiteView } from '#protocol/http/accounts.ts';
import { fromInstant } from '#protocol/json.ts';
import { browserName } from './browser-name.ts';
import { scopeText } from './scope-text.ts';
import { sitesText } from './sites-text.ts';
import { absoluteText } from './time-text.ts';

/** What happened to an account, in a few words, and what to know of it beside the time. */
export function accountEventText(
  { type, data }: AccountEvent,
  sites: readonly SiteView[],
): { readonly what: string; readonly more?: string } {
  switch (type) {
    case 'account.created':
      return { what: 'Account created' };
    case 'account.signed_in':
      return { what: `Signed in from ${browserName(data.userAgent)}` };
    case 'account.reauthenticated':
      return { what: 'Password confirmed' };
    case 'account.password_changed':
      return { what: 'Password changed', more: endedText(data.sessionsEnded) };
    case 'session.ended':
      return { what: 'Session signed out' };
    case 'token.created': {
      const { name, scope, siteIds, expiresAt } = data;
      const end = expiresAt === null ? '' : `, ends ${absoluteText(fromInstant(expiresAt))}`;
      return {
        what: `API token “${name}” created`,
        more: `${scopeText(scope)}, ${sitesText(siteIds, sites)}${end}`,
      };
    }
    case 'token.removed':
      return { what: `API token “${data.name}” revoked` };
    default:
      return type satisfies never;
  }
}

function endedText(count: number): string {
  if (count === 0) return 'no other session was open';
  return count === 1 ? '1 other session signed out' : `${count} other sessions signed out`;
}
