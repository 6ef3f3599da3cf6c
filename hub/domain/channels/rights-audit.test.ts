import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { BaseId, newId, SessionId, SiteId, TokenId, UserId } from '#protocol/ids.ts';
import { insertBase } from '../../store/bases.ts';
import type { Tx } from '../../store/schema.ts';
import { insertSession } from '../../store/sessions.ts';
import { addMember, insertSite } from '../../store/sites.ts';
import { insertUser } from '../../store/users.ts';
import { openTestStore, testEngines } from '../../testing/test-store.ts';
import type { Revocation } from '../accounts/revocations.ts';
import { RightsAudit, type RightInUse } from './rights-audit.ts';

const NOW = 1_000_000;

async function furnish(tx: Tx) {
  const userId = newId(UserId);
  const user = { id: userId, email: 'ada@example.org', name: 'Ada', passwordHash: 'x' };
  await insertUser(tx, { ...user, createdAtMs: 1 });
  const [kept, expired] = [newId(SessionId), newId(SessionId)];
  for (const [id, expiresAtMs] of [
    [kept, NOW + 1],
    [expired, NOW],
  ] as const) {
    const times = { createdAtMs: 1, reauthenticatedAtMs: 1, lastUsedAtMs: 1, expiresAtMs };
    await insertSession(tx, { id, userId, tokenHash: id, userAgent: 'test', ...times });
  }
  const { id: siteId } = await insertSite(tx, 'Home', 1);
  await addMember(tx, { siteId, userId, role: 'owner', nowMs: 1 });
  const baseId = newId(BaseId);
  const base = { id: baseId, siteId, name: 'Attic', version: '1', publicKey: 'k' };
  await insertBase(tx, { ...base, createdAtMs: 1 });
  return { userId, kept, expired, siteId, baseId };
}

describe.each(testEngines())('the audit of rights, on %s', (engine) => {
  it('announces those that are gone, each once, and no others', async () => {
    const { db, writer } = await openTestStore(engine);
    const { userId, kept, expired, siteId, baseId } = await writer.run(furnish, 'test');
    const announced: Revocation[] = [];
    const clock = new ManualClock(NOW);
    const revocations = { announce: (one: Revocation) => void announced.push(one) };
    const audit = new RightsAudit({ db, clock, revocations });
    const [goneSession, goneToken, goneBase, foreignSite] = [
      newId(SessionId),
      newId(TokenId),
      newId(BaseId),
      newId(SiteId),
    ];
    const session = (sessionId: SessionId, sites: readonly SiteId[]): RightInUse => ({
      caller: { kind: 'session', userId, sessionId, reauthenticatedAtMs: 1 },
      sites,
    });
    audit.register(() => [session(kept, [siteId]), session(kept, [siteId, foreignSite])]);
    audit.register(() => [
      session(expired, []),
      session(goneSession, [siteId]),
      {
        caller: {
          kind: 'token',
          userId,
          tokenId: goneToken,
          scope: 'read',
          siteIds: null,
          expiresAtMs: null,
        },
        sites: [],
      },
      { caller: { kind: 'base', baseId }, sites: [] },
      { caller: { kind: 'base', baseId: goneBase }, sites: [] },
    ]);
    await audit.run();
    expect(announced).toEqual([
      { kind: 'session', sessionId: expired },
      { kind: 'session', sessionId: goneSession },
      { kind: 'token', tokenId: goneToken },
      { kind: 'base', baseId: goneBase },
      { kind: 'member', userId, siteId: foreignSite },
    ]);
  });
});
