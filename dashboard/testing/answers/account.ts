import { InvitationId, newId, SessionId, TokenId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { fakeAccountEvents } from '../fake-account-events.ts';
import { ADA_ID } from '../fake-events.ts';
import { type Answer, type Call, DONE, ok } from './answer.ts';

export const ADA_USER = { id: ADA_ID, email: 'ada@example.org', name: 'Ada' };
const DAY_MS = 86_400_000;

/** `/api/account/:part`: sessions, tokens, the password, the security activity. */
export function accountAnswer(call: Call, part: string): Answer {
  if (call.method === 'DELETE' || part === 'password' || part === 'proof') return DONE;
  if (part === 'events') return ok({ events: fakeAccountEvents(ADA_USER), next: null });
  if (part === 'sessions') return ok({ sessions: sessions() });
  const token = {
    id: newId(TokenId),
    name: 'Node-RED',
    scope: 'control',
    siteIds: null,
    createdAt: toInstant(Date.now()),
    lastUsedAt: null,
    expiresAt: null,
  };
  if (call.method === 'POST') return ok({ token, secret: 'sbt_5dG7wq1Vb9nJx2Zr8KcLm4Tp' });
  return ok({ tokens: [token] });
}

function sessions(): unknown[] {
  const now = toInstant(Date.now());
  const times = {
    createdAt: now,
    lastUsedAt: now,
    expiresAt: toInstant(Date.now() + 30 * DAY_MS),
  };
  return [
    {
      id: newId(SessionId),
      current: true,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0',
      ...times,
    },
    { id: newId(SessionId), current: false, userAgent: 'Mozilla/5.0 (iPhone) Safari', ...times },
  ];
}

/** `/api/account/device-logins/:part`: a program at another address requests a login. */
export function deviceLoginAnswer(part: string): Answer {
  if (part !== 'find') return DONE;
  const now = Date.now();
  return ok({
    userCode: 'BCDF-GHJK',
    host: 'ada-laptop',
    program: 'signalbox',
    scope: 'control',
    address: '192.168.1.23',
    isSameAddress: false,
    createdAt: toInstant(now - 20_000),
    expiresAt: toInstant(now + 580_000),
  });
}

/** `/api/sites/:id/invitations` */
export function invitationAnswer(): Answer {
  return ok({
    id: newId(InvitationId),
    code: 'Gq5fW2nV8tYxL1zR',
    role: 'member',
    expiresAt: toInstant(Date.now() + 7 * DAY_MS),
    hubUrls: ['https://192.168.1.10:8443'],
  });
}
