import { userCodeFrom } from '#protocol/access/user-code.ts';
import { visibleText } from '#protocol/display-text.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type {
  DeviceLoginApproval,
  DeviceLoginGranted,
  DeviceLoginRequest,
  DeviceLoginStarted,
  DeviceLoginView,
} from '#protocol/http/device-logins.ts';
import { DeviceLoginId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import { LruCache } from '#platform/lru-cache.ts';
import {
  approveDeviceLogin,
  type DeviceLoginRecord,
  deviceLoginByDeviceCode,
  deviceLoginByUserCode,
  endDeviceLogin,
  insertDeviceLogin,
} from '../../store/device-logins.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import type { Db } from '../../store/schema.ts';
import { roleOf } from '../../store/sites.ts';
import { findUser, userView } from '../../store/users.ts';
import type { SessionPrincipal } from './principal.ts';
import { hashSecret, newSecret } from './secrets.ts';
import { type Attempts, attemptsOf } from './shared-attempts.ts';
import type { TokenService } from './token-service.ts';

export interface DeviceLoginsDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  /** Other hubs may work on the same database. */
  readonly isShared: boolean;
  readonly tokens: Pick<TokenService, 'createIn' | 'checkRoom'>;
}

/** The origin of a request: how it is counted, and what a person is shown. */
export interface RequestOrigin {
  readonly address: string;
  readonly shownAddress: string;
}

/**
 * Codes tried by one account and from one address, right ones as well. With 500 logins waiting
 * and 10 minutes for each, a guesser with one account hits one in some thousand years.
 */
const TRIES_PER_ACCOUNT = { max: 20, windowMs: 10 * 60_000 };
const TRIES_PER_ADDRESS = { max: 60, windowMs: 10 * 60_000 };
const INTERVAL_MS = 5_000;
/** The interval grows by this each time a program polls too often (RFC 8628 section 3.5). */
const SLOWER_MS = 5_000;
const MAX_INTERVAL_MS = 60_000;
/** Tolerance for requests that the network delays. */
const LENIENCE_MS = 500;
const MAX_POLLED = 2_000;
const PAGE = '/connect';

/** How a program gets a token of a person who approves it on the dashboard (docs/cli.md). */
export class DeviceLogins {
  readonly #deps: DeviceLoginsDeps;
  readonly #byAccount: Attempts;
  readonly #byAddress: Attempts;
  /** Per login: the last poll, and the required interval. Lost at a restart, and of this hub alone. */
  readonly #polls = new LruCache<string, { readonly atMs: number; readonly intervalMs: number }>(
    MAX_POLLED,
  );

  constructor(deps: DeviceLoginsDeps) {
    this.#deps = deps;
    this.#byAccount = attemptsOf(deps, 'login_code_account', TRIES_PER_ACCOUNT);
    this.#byAddress = attemptsOf(deps, 'login_code_address', TRIES_PER_ADDRESS);
  }

  async start(request: DeviceLoginRequest, from: RequestOrigin): Promise<DeviceLoginStarted> {
    const { unitOfWork, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const deviceCode = newSecret();
    const userCode = newUserCode();
    const isStored = await unitOfWork.run(async ({ tx, hold }) => {
      await hold('hub');
      return await insertDeviceLogin(tx, {
        id: newId(DeviceLoginId, nowMs),
        deviceCodeHash: hashSecret(deviceCode),
        userCodeHash: hashSecret(userCode),
        address: from.address,
        shownAddress: from.shownAddress,
        host: request.host,
        program: request.program,
        scope: request.scope,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + LIMITS.deviceLoginTtlMs,
      });
    }, WRITERS.unauthenticated);
    if (!isStored) {
      throw new AppError('rate_limited', { details: { reason: 'too many logins are waiting' } });
    }
    return {
      deviceCode,
      userCode,
      path: PAGE,
      expiresInSeconds: LIMITS.deviceLoginTtlMs / 1_000,
      intervalSeconds: INTERVAL_MS / 1_000,
    };
  }

  /** The token, once its person has approved it. @throws AppError `login_…`: not, or not yet. */
  async redeem(deviceCode: string): Promise<DeviceLoginGranted> {
    const { db, unitOfWork, tokens } = this.#deps;
    const hash = hashSecret(deviceCode);
    const known = await deviceLoginByDeviceCode(db, hash);
    if (!known) throw new AppError('login_code_invalid');
    this.#checkPace(known.id);
    const userId = known.approvedBy;
    if (userId === null || known.state !== 'approved') throw new AppError(this.#codeFor(known));
    return await unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold('hub');
      // Looked up again: of two polls at the same time one gets the token.
      const login = await deviceLoginByDeviceCode(tx, hash);
      if (login?.state !== 'approved' || this.#isOver(login)) {
        throw new AppError(login ? this.#codeFor(login) : 'login_code_invalid');
      }
      const user = await findUser(tx, userId);
      if (!user) throw new AppError('login_denied');
      const { approval } = login;
      if (!approval) throw new AppError('internal');
      await endDeviceLogin(tx, login.id, 'used');
      const name = visibleText(`${login.program} on ${login.host}`.slice(0, LIMITS.nameChars));
      const { siteIds, expiresInDays } = approval;
      const created = await tokens.createIn(work, userId, {
        name,
        scope: approval.scope,
        ...(siteIds === undefined ? {} : { siteIds }),
        ...(expiresInDays === undefined ? {} : { expiresInDays }),
      });
      return { ...created, user: userView(user) };
    }, userId);
  }

  /** What a person is asked to approve. */
  async find(
    caller: SessionPrincipal,
    userCode: string,
    from: RequestOrigin,
  ): Promise<DeviceLoginView> {
    await this.#countTry(caller, from);
    const login = await this.#waiting(this.#deps.db, userCode);
    return {
      userCode,
      host: login.host,
      program: login.program,
      scope: login.scope,
      address: login.shownAddress,
      isSameAddress: login.address === from.address,
      createdAt: toInstant(login.createdAtMs),
      expiresAt: toInstant(login.expiresAtMs),
    };
  }

  async approve(
    caller: SessionPrincipal,
    { userCode, ...approval }: DeviceLoginApproval,
    from: RequestOrigin,
  ): Promise<void> {
    const { unitOfWork, tokens } = this.#deps;
    await this.#countTry(caller, from);
    await unitOfWork.run(async ({ tx, hold }) => {
      await hold('hub');
      const login = await this.#waiting(tx, userCode);
      // If the token could not be created, the person is told why, not the program.
      await tokens.checkRoom(tx, caller.userId);
      for (const siteId of approval.siteIds ?? []) {
        if (!(await roleOf(tx, siteId, caller.userId))) throw new AppError('site_unknown');
      }
      await approveDeviceLogin(tx, login.id, { by: caller.userId, approval });
    }, caller.userId);
  }

  async deny(caller: SessionPrincipal, userCode: string, from: RequestOrigin): Promise<void> {
    await this.#countTry(caller, from);
    await this.#deps.unitOfWork.run(async ({ tx, hold }) => {
      await hold('hub');
      const login = await this.#waiting(tx, userCode);
      await endDeviceLogin(tx, login.id, 'denied');
    }, caller.userId);
  }

  async #waiting(db: Db, userCode: string): Promise<DeviceLoginRecord> {
    const login = await deviceLoginByUserCode(db, hashSecret(userCode));
    if (!login) throw new AppError('login_code_invalid');
    if (login.state !== 'waiting') throw new AppError('login_used');
    if (this.#isOver(login)) throw new AppError('login_expired');
    return login;
  }

  async #countTry(caller: SessionPrincipal, from: RequestOrigin): Promise<void> {
    const waits = [
      await this.#byAccount.count(caller.userId),
      await this.#byAddress.count(from.address),
    ];
    const retryAfterSeconds = Math.max(...waits.map((wait) => wait ?? 0));
    if (retryAfterSeconds > 0)
      throw new AppError('rate_limited', { details: { retryAfterSeconds } });
  }

  #checkPace(id: string): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const before = this.#polls.get(id);
    if (!before || nowMs - before.atMs >= before.intervalMs - LENIENCE_MS) {
      this.#polls.set(id, { atMs: nowMs, intervalMs: before?.intervalMs ?? INTERVAL_MS });
      return;
    }
    const intervalMs = Math.min(MAX_INTERVAL_MS, before.intervalMs + SLOWER_MS);
    this.#polls.set(id, { atMs: nowMs, intervalMs });
    throw new AppError('login_slow_down', { details: { intervalSeconds: intervalMs / 1_000 } });
  }

  #isOver(login: DeviceLoginRecord): boolean {
    return login.expiresAtMs <= this.#deps.clock.nowMs();
  }

  #codeFor(login: DeviceLoginRecord): ErrorCode {
    if (login.state === 'used') return 'login_used';
    if (login.state === 'denied') return 'login_denied';
    return this.#isOver(login) ? 'login_expired' : 'login_pending';
  }
}

function newUserCode(): string {
  for (;;) {
    const code = userCodeFrom(crypto.getRandomValues(new Uint8Array(16)));
    if (code !== undefined) return code;
  }
}
