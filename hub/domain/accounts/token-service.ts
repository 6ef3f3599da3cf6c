import { AppError } from '#protocol/errors.ts';
import type { TokenCreated, TokenRequest, TokenView } from '#protocol/http/accounts.ts';
import { TokenId, type UserId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { Clock } from '#platform/clock.ts';
import {
  deleteToken,
  findTokenByHash,
  insertToken,
  type TokenRecord,
  tokenView,
  tokensOf,
  TOKEN_VIEW,
  touchToken,
} from '../../store/api-tokens.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db } from '../../store/schema.ts';
import { roleOf } from '../../store/sites.ts';
import type { TokenPrincipal } from './principal.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Revocations } from './revocations.ts';
import { hashSecret, newSecret } from './secrets.ts';

/** What an API token starts with, so that people and scanners recognise one. */
export const TOKEN_PREFIX = 'sbx_';

const TOUCH_AFTER_MS = 5 * 60_000;
const MAX_CACHED = 5_000;
const MAX_PER_USER = 100;
const DAY_MS = 86_400_000;

/** API tokens of people, for their software: kept hashed, shown once. */
export class TokenService {
  readonly #deps: {
    readonly db: Db;
    readonly unitOfWork: UnitOfWork;
    readonly clock: Clock;
    readonly revocations: Revocations;
    readonly readable: ReadableRows;
  };
  readonly #cache = new LruCache<string, TokenRecord>(MAX_CACHED);
  /** Counts revocations, so that nothing read before one is cached after it. */
  #revoked = 0;

  constructor(deps: {
    readonly db: Db;
    readonly unitOfWork: UnitOfWork;
    readonly clock: Clock;
    readonly revocations: Revocations;
    readonly readable: ReadableRows;
  }) {
    this.#deps = deps;
    deps.revocations.listen((revocation) => {
      const { kind } = revocation;
      if (kind !== 'token' && kind !== 'unheard') return;
      this.#revoked += 1;
      if (kind === 'token') this.#cache.deleteWhere(({ id }) => id === revocation.tokenId);
      else this.#cache.clear();
    });
  }

  async create(userId: UserId, request: TokenRequest): Promise<TokenCreated> {
    return await this.#deps.unitOfWork.run((work) => this.createIn(work, userId, request), userId);
  }

  /** Within a unit of work, so that a token is created together with the end of its login. */
  async createIn(work: Work, userId: UserId, request: TokenRequest): Promise<TokenCreated> {
    const { tx, emitForAccount } = work;
    const nowMs = this.#deps.clock.nowMs();
    const secret = TOKEN_PREFIX + newSecret();
    const { name, scope, siteIds, expiresInDays } = request;
    const token: TokenRecord = {
      id: newId(TokenId, nowMs),
      userId,
      tokenHash: hashSecret(secret),
      name,
      scope,
      createdAtMs: nowMs,
      lastUsedAtMs: null,
      expiresAtMs: expiresInDays === undefined ? null : nowMs + expiresInDays * DAY_MS,
      siteIds: siteIds ?? null,
    };
    await work.hold({ account: userId });
    await this.checkRoom(tx, userId);
    for (const siteId of siteIds ?? []) {
      if (!(await roleOf(tx, siteId, userId))) throw new AppError('site_unknown');
    }
    await insertToken(tx, token);
    const expiresAt = token.expiresAtMs === null ? null : toInstant(token.expiresAtMs);
    emitForAccount({
      account: userId,
      type: 'token.created',
      actor: { kind: 'person', id: userId },
      data: { tokenId: token.id, name, scope, siteIds: siteIds ?? null, expiresAt },
    });
    return { token: tokenView(token), secret };
  }

  /** @throws AppError `forbidden` when the person has as many tokens as there may be. */
  async checkRoom(db: Db, userId: UserId): Promise<void> {
    if ((await tokensOf(db, userId)).length < MAX_PER_USER) return;
    throw new AppError('forbidden', { details: { reason: `at most ${MAX_PER_USER} tokens` } });
  }

  /** The token that a program holds, as its person sees it. */
  async own({ userId, tokenId }: TokenPrincipal): Promise<TokenView> {
    const token = (await tokensOf(this.#deps.db, userId)).find(({ id }) => id === tokenId);
    if (!token) throw new AppError('token_invalid');
    return tokenView(token);
  }

  /** The holder of a token, or undefined when it is not valid. */
  async authenticate(secret: string): Promise<TokenPrincipal | undefined> {
    const nowMs = this.#deps.clock.nowMs();
    const tokenHash = hashSecret(secret);
    const revokedBefore = this.#revoked;
    const token = this.#cache.get(tokenHash) ?? (await findTokenByHash(this.#deps.db, tokenHash));
    if (!token) return undefined;
    if (token.expiresAtMs !== null && token.expiresAtMs <= nowMs) return undefined;
    const idleMs = token.lastUsedAtMs === null ? Infinity : nowMs - token.lastUsedAtMs;
    // Less than no time: a clock that was ahead wrote that.
    if (idleMs < 0 || idleMs >= TOUCH_AFTER_MS) {
      await this.#deps.unitOfWork.run(({ tx }) => touchToken(tx, token.id, nowMs), token.userId);
      this.#cache.delete(tokenHash);
    } else if (this.#revoked === revokedBefore) {
      this.#cache.set(tokenHash, token);
    }
    return {
      kind: 'token',
      userId: token.userId,
      tokenId: token.id,
      scope: token.scope,
      siteIds: token.siteIds,
      expiresAtMs: token.expiresAtMs,
    };
  }

  async list(userId: UserId): Promise<TokenView[]> {
    const { db, readable } = this.#deps;
    return readable.each(await tokensOf(db, userId), TOKEN_VIEW);
  }

  async remove(userId: UserId, tokenId: TokenId): Promise<void> {
    const { unitOfWork, revocations } = this.#deps;
    await unitOfWork.run(async ({ tx, emitForAccount, wake, hold }) => {
      await hold({ account: userId });
      const token = (await tokensOf(tx, userId)).find(({ id }) => id === tokenId);
      if (!token || !(await deleteToken(tx, userId, tokenId))) throw new AppError('not_found');
      emitForAccount({
        account: userId,
        type: 'token.removed',
        actor: { kind: 'person', id: userId },
        data: { tokenId, name: token.name },
      });
      wake(() => revocations.announce({ kind: 'token', tokenId }));
    }, userId);
  }
}
