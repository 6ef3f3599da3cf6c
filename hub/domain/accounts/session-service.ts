import { BrowserSession } from '#protocol/http/accounts.ts';
import { AppError } from '#protocol/errors.ts';
import { visibleText } from '#protocol/display-text.ts';
import { SessionId, type UserId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db } from '../../store/schema.ts';
import {
  deleteExpiredSessions,
  deleteSession,
  findSessionByHash,
  insertSession,
  type SessionRecord,
  sessionsOf,
  setReauthenticatedAt,
  touchSession,
} from '../../store/sessions.ts';
import type { SessionPrincipal } from './principal.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Revocations } from './revocations.ts';
import { hashSecret, newSecret } from './secrets.ts';

/** A session in use is written down as such only this often. */
const TOUCH_AFTER_MS = 5 * 60_000;
const MAX_CACHED = 5_000;
const MAX_USER_AGENT_CHARS = 200;

export interface SessionServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly revocations: Revocations;
  readonly readable: ReadableRows;
  readonly areAgesCertain: () => boolean;
}

export interface NewSession {
  readonly id: SessionId;
  /** The content of the cookie; only its hash is kept. */
  readonly secret: string;
}

/** The owner of a cookie; `renewed` when the browser should get a new one. */
export type SessionVerdict =
  | { readonly ok: true; readonly caller: SessionPrincipal; readonly renewed: boolean }
  | { readonly ok: false; readonly code: 'unauthenticated' | 'session_expired' };

/** Browser sessions: opaque secrets in cookies, kept hashed, with sliding expiry. */
export class SessionService {
  readonly #deps: SessionServiceDeps;
  readonly #cache = new LruCache<string, SessionRecord>(MAX_CACHED);
  /** Counts evictions from the cache, so that nothing read before one is cached after it. */
  #forgotten = 0;

  constructor(deps: SessionServiceDeps) {
    this.#deps = deps;
    deps.revocations.listen((revocation) => {
      const { kind } = revocation;
      if (kind === 'session' || kind === 'session_changed') this.#forget(revocation.sessionId);
      if (kind === 'unheard') this.#forgetAll();
    });
  }

  /** Within a transaction, so that an account and its first session come together. */
  async open(work: Work, userId: UserId, userAgent: string): Promise<NewSession> {
    const { tx } = work;
    await work.hold({ account: userId });
    const nowMs = this.#deps.clock.nowMs();
    const secret = newSecret();
    const id = newId(SessionId, nowMs);
    // By a clock that was just set, all sessions may be over that are not.
    if (this.#deps.areAgesCertain()) await deleteExpiredSessions(tx, nowMs);
    const shownAgent = visibleText(userAgent.slice(0, MAX_USER_AGENT_CHARS));
    await insertSession(tx, {
      id,
      userId,
      tokenHash: hashSecret(secret),
      userAgent: shownAgent,
      createdAtMs: nowMs,
      reauthenticatedAtMs: nowMs,
      lastUsedAtMs: nowMs,
      expiresAtMs: nowMs + LIMITS.sessionTtlMs,
    });
    work.emitForAccount({
      account: userId,
      type: 'account.signed_in',
      actor: { kind: 'person', id: userId },
      data: { sessionId: id, userAgent: shownAgent },
    });
    return { id, secret };
  }

  async authenticate(secret: string): Promise<SessionVerdict> {
    const nowMs = this.#deps.clock.nowMs();
    const tokenHash = hashSecret(secret);
    const forgottenBefore = this.#forgotten;
    const session =
      this.#cache.get(tokenHash) ?? (await findSessionByHash(this.#deps.db, tokenHash));
    if (!session) return { ok: false, code: 'session_expired' };
    if (session.expiresAtMs <= nowMs) {
      this.#cache.delete(tokenHash);
      return { ok: false, code: 'session_expired' };
    }
    const caller = {
      kind: 'session',
      userId: session.userId,
      sessionId: session.id,
      reauthenticatedAtMs: session.reauthenticatedAtMs,
    } as const;
    const idleMs = nowMs - session.lastUsedAtMs;
    // Less than no time: a clock that was ahead wrote that, and when the session ends.
    if (idleMs >= 0 && idleMs < TOUCH_AFTER_MS) {
      if (this.#forgotten === forgottenBefore) this.#cache.set(tokenHash, session);
      return { ok: true, caller, renewed: false };
    }
    const expiresAtMs = nowMs + LIMITS.sessionTtlMs;
    await this.#deps.unitOfWork.run(
      ({ tx }) => touchSession(tx, session.id, { lastUsedAtMs: nowMs, expiresAtMs }),
      session.userId,
    );
    this.#cache.delete(tokenHash);
    return { ok: true, caller, renewed: true };
  }

  /** The person has just given the password again. */
  async markReauthenticated({ sessionId, userId }: SessionPrincipal): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    await this.#deps.unitOfWork.run(async ({ tx, emitForAccount, hold }) => {
      await hold({ account: userId });
      await setReauthenticatedAt(tx, sessionId, nowMs);
      const actor = { kind: 'person', id: userId } as const;
      const data = { sessionId };
      emitForAccount({ account: userId, type: 'account.reauthenticated', actor, data });
    }, userId);
    this.#deps.revocations.announce({ kind: 'session_changed', sessionId });
  }

  /** When a session ends unless it is used; 0 where it is over. */
  async endsAtMs(caller: SessionPrincipal): Promise<number> {
    const open = await sessionsOf(this.#deps.db, caller.userId, this.#deps.clock.nowMs());
    return open.find(({ id }) => id === caller.sessionId)?.expiresAtMs ?? 0;
  }

  async list(caller: SessionPrincipal): Promise<BrowserSession[]> {
    const { db, clock, readable } = this.#deps;
    return readable.each(await sessionsOf(db, caller.userId, clock.nowMs()), {
      what: 'session',
      idOf: ({ id }) => id,
      schema: BrowserSession,
      make: (session) => ({
        id: session.id,
        current: session.id === caller.sessionId,
        userAgent: session.userAgent,
        createdAt: toInstant(session.createdAtMs),
        lastUsedAt: toInstant(session.lastUsedAtMs),
        expiresAt: toInstant(session.expiresAtMs),
      }),
    });
  }

  async end(userId: UserId, sessionId: SessionId): Promise<void> {
    const { unitOfWork, revocations } = this.#deps;
    await unitOfWork.run(async ({ tx, emitForAccount, wake, hold }) => {
      await hold({ account: userId });
      if (!(await deleteSession(tx, userId, sessionId))) throw new AppError('not_found');
      const actor = { kind: 'person', id: userId } as const;
      emitForAccount({ account: userId, type: 'session.ended', actor, data: { sessionId } });
      wake(() => revocations.announce({ kind: 'session', sessionId }));
    }, userId);
  }

  #forgetAll(): void {
    this.#forgotten += 1;
    this.#cache.clear();
  }

  #forget(sessionId: SessionId): void {
    this.#forgotten += 1;
    this.#cache.deleteWhere((session) => session.id === sessionId);
  }
}
