import { describe, expect, it } from 'vitest';
import { AccountEvent } from '#protocol/events/account-event.ts';
import { newId, SessionId, TokenId, UserId } from '#protocol/ids.ts';
import { FakeSite } from '../../../testing/fake-site.ts';
import { markupInSite, textOf } from '../../../testing/render-in-site.tsx';
import { SecurityEvents } from './security-activity.tsx';
import type { AccountEventsState } from './use-account-events.ts';

const account = newId(UserId);
const session = { sessionId: newId(SessionId) };
const token = { tokenId: newId(TokenId), name: 'Node-RED' };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0';

const said: readonly (readonly [AccountEvent['type'], object, string])[] = [
  ['account.created', { name: 'Ada' }, 'Account created'],
  ['account.signed_in', { ...session, userAgent: FIREFOX }, 'Signed in from Firefox on Linux'],
  ['account.reauthenticated', session, 'Password confirmed'],
  ['account.password_changed', { sessionsEnded: 2 }, 'Password changed2 other sessions signed out'],
  ['session.ended', session, 'Session signed out'],
  [
    'token.created',
    { ...token, scope: 'read', siteIds: null, expiresAt: null },
    'API token “Node-RED” createdRead',
  ],
  ['token.removed', token, 'API token “Node-RED” revoked'],
];

function eventOf(type: string, data: object, rev: number): AccountEvent {
  const at = '2026-01-01T00:00:00.000Z';
  const actor = { kind: 'person', id: account, name: 'Ada' };
  return AccountEvent.parse({ account, rev, type, v: 1, at, actor, data });
}

function shown(state: Partial<AccountEventsState>): { markup: string; text: string } {
  const known = { events: undefined, next: null, isLoading: false, code: undefined };
  const markup = markupInSite(
    new FakeSite('Home'),
    <SecurityEvents state={{ ...known, ...state }} onLoad={() => undefined} />,
  );
  return { markup, text: textOf(markup) };
}

describe('the security activity of an account', () => {
  it.each(said)('says what %s was', (type, data, text) => {
    const { text: all } = shown({ events: [eventOf(type, data, 1)] });
    expect(all).toContain(text);
  });

  it('knows a sentence for every type', () => {
    const types = AccountEvent.options.map(({ shape }) => shape.type.value);
    expect(said.map(([type]) => type).sort()).toEqual([...types].sort());
  });

  it('says that it loads, and that there is nothing', () => {
    expect(shown({ isLoading: true }).markup).toContain('aria-busy="true"');
    expect(shown({ events: [] }).text).toContain('Nothing has been recorded');
  });

  it('keeps what it has if older events cannot be loaded, and can retry', () => {
    const events = [eventOf('session.ended', session, 7)];
    const { text } = shown({ events, next: 7, code: 'hub_unreachable' });
    expect(text).toContain('Session signed out');
    expect(text).toContain('could not be loaded');
    expect(text).toContain('Try again');
    expect(text).not.toContain('Show older');
    expect(shown({ code: 'hub_unreachable' }).text).toContain('Try again');
    expect(shown({ events, next: 7 }).text).toContain('Show older');
  });
});
