import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { SignInRequest, SignUpRequest } from '#protocol/http/accounts.ts';
import type { SiteId, TokenId, UserId } from '#protocol/ids.ts';
import {
  dropLibpyiotcloudAccount,
  libpyiotcloudAccount,
  putLibpyiotcloudAccount,
} from '../../store/libpyiotcloud-accounts.ts';
import type { Db } from '../../store/schema.ts';
import { roleOf, siteIdsOf } from '../../store/sites.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { findUser } from '../../store/users.ts';
import type { AccountService, Client } from '../accounts/account-service.ts';
import type { TokenPrincipal } from '../accounts/principal.ts';
import type { SessionService } from '../accounts/session-service.ts';
import type { TokenService } from '../accounts/token-service.ts';

export interface LibpyiotcloudAccountsDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly accounts: AccountService;
  readonly sessions: SessionService;
  readonly tokens: TokenService;
}

/** Its user name is the e-mail address of an account. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Who calls, and where the devices are. */
export interface LibpyiotcloudCaller {
  readonly caller: TokenPrincipal;
  readonly siteId: SiteId;
}

/** Its clients sign in at each start; the oldest of their tokens end. */
const MAX_TOKENS = 10;
const TOKEN_DAYS = 30;
const TOKEN_NAME = 'libpyiotcloud';
const MAX_NAME_CHARS = 60;

/** Accounts that the libpyiotcloud API serves: those whose person has switched it on. */
export class LibpyiotcloudAccounts {
  readonly #deps: LibpyiotcloudAccountsDeps;

  constructor(deps: LibpyiotcloudAccountsDeps) {
    this.#deps = deps;
  }

  /** Null: switched off. */
  async siteOf(userId: UserId): Promise<SiteId | null> {
    return (await libpyiotcloudAccount(this.#deps.db, userId))?.siteId ?? null;
  }

  /** Whatever its logins gave before ends. @throws AppError `site_unknown`. */
  async set(userId: UserId, siteId: SiteId | null): Promise<void> {
    const ended = await this.#deps.unitOfWork.run(async ({ tx, hold }) => {
      await hold({ account: userId });
      const before = await libpyiotcloudAccount(tx, userId);
      if ((before?.siteId ?? null) === siteId) return [];
      if (siteId === null) await dropLibpyiotcloudAccount(tx, userId);
      else {
        if (!(await roleOf(tx, siteId, userId))) throw new AppError('site_unknown');
        await putLibpyiotcloudAccount(tx, { userId, siteId, tokenIds: [] });
      }
      return before?.tokenIds ?? [];
    }, userId);
    await this.#endAll(userId, ended);
  }

  /**
   * Where anybody may sign up; the API is switched on for the account.
   *
   * @throws AppError as a sign-up on the dashboard does, `bad_request` where it is no e-mail address.
   */
  async signUp({ username, password }: Credentials, from: Client): Promise<void> {
    const name = username.split('@')[0]?.slice(0, MAX_NAME_CHARS) ?? '';
    const request = SignUpRequest.safeParse({ email: username, name, password });
    if (!request.success) throw new AppError('bad_request');
    const { session, view } = await this.#deps.accounts.signUp(request.data, from);
    const userId = view.user?.id;
    if (userId === undefined) throw new AppError('internal');
    await this.#deps.sessions.end(userId, session.id);
    const site = await this.#firstSite(userId);
    if (site) await this.set(userId, site);
  }

  /**
   * A secret for this account, which ends after 30 days.
   *
   * @throws AppError `credentials_invalid`, also where there is no such account, or it is switched
   *   off for it; `rate_limited`.
   */
  async logIn({ username, password }: Credentials, from: Client): Promise<string> {
    const request = SignInRequest.safeParse({ email: username, password });
    if (!request.success) throw new AppError('credentials_invalid');
    const { db, accounts, tokens, unitOfWork } = this.#deps;
    const { id: userId } = await accounts.authenticate(request.data, from);
    const account = await libpyiotcloudAccount(db, userId);
    if (!account) throw new AppError('credentials_invalid');
    await this.#endAll(userId, account.tokenIds.slice(0, 1 - MAX_TOKENS));
    return await unitOfWork.run(async (work) => {
      await work.hold({ account: userId });
      const now = await libpyiotcloudAccount(work.tx, userId);
      if (!now) throw new AppError('credentials_invalid');
      const { token, secret } = await tokens.createIn(work, userId, {
        ...{ name: TOKEN_NAME, scope: 'manage', siteIds: [now.siteId] },
        expiresInDays: TOKEN_DAYS,
      });
      const tokenIds = [...now.tokenIds, token.id].slice(-MAX_TOKENS);
      await putLibpyiotcloudAccount(work.tx, { ...now, tokenIds });
      return secret;
    }, userId);
  }

  /** Undefined: this is no secret of theirs, or the API is switched off. */
  async authenticate(username: string, secret: string): Promise<LibpyiotcloudCaller | undefined> {
    const { db, tokens } = this.#deps;
    const caller = await tokens.authenticate(secret);
    if (!caller) return undefined;
    const user = await findUser(db, caller.userId);
    const email = z.string().trim().toLowerCase().safeParse(username).data;
    if (!user || user.email !== email) return undefined;
    const siteId = await this.siteOf(caller.userId);
    return siteId === null ? undefined : { caller, siteId };
  }

  async #firstSite(userId: UserId): Promise<SiteId | undefined> {
    return (await siteIdsOf(this.#deps.db, userId))[0];
  }

  /** One may have been revoked by its person. */
  async #endAll(userId: UserId, tokenIds: readonly TokenId[]): Promise<void> {
    for (const tokenId of tokenIds) {
      try {
        await this.#deps.tokens.remove(userId, tokenId);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
      }
    }
  }
}
