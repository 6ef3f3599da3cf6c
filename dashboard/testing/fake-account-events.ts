import type { AccountEvent } from '#protocol/events/account-event.ts';
import { newId, SessionId, TokenId, type UserId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';

const HOUR_MS = 3_600_000;

/** What concerned the security of an account, newest first. */
export function fakeAccountEvents(user: {
  readonly id: UserId;
  readonly name: string;
}): readonly AccountEvent[] {
  const sessionId = newId(SessionId);
  const happened = (rev: number, hoursAgo: number) => ({
    account: user.id,
    rev,
    at: toInstant(Date.now() - hoursAgo * HOUR_MS),
    actor: { kind: 'person' as const, id: user.id, name: user.name },
  });
  return [
    {
      ...happened(4, 1),
      type: 'token.created',
      v: 1,
      data: {
        tokenId: newId(TokenId),
        name: 'Node-RED',
        scope: 'control',
        siteIds: null,
        expiresAt: null,
      },
    },
    { ...happened(3, 2), type: 'account.password_changed', v: 1, data: { sessionsEnded: 1 } },
    {
      ...happened(2, 20),
      type: 'account.signed_in',
      v: 1,
      data: { sessionId, userAgent: 'Mozilla/5.0 (iPhone) Safari' },
    },
    { ...happened(1, 50), type: 'account.created', v: 1, data: { name: user.name } },
  ];
}
