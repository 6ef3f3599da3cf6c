import { errors, decodeJwt, jwtVerify } from 'jose';
import type { ErrorCode } from '#protocol/errors.ts';
import {
  ASSERTION_AUDIENCE,
  ASSERTION_TTL_SECONDS,
  AssertionClaims,
} from '#protocol/hub-link/tokens.ts';
import type { BasePrincipal } from '../accounts/principal.ts';
import type { Clock } from '#platform/clock.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { claimAssertion, type UsedAssertion } from '../../store/used-assertions.ts';
import type { BaseDirectory } from './base-directory.ts';

/** Clocks of the two machines may differ by this much. */
const SKEW_SECONDS = 60;
/** Remembered assertions of one base; each is made for one connect or call. */
const MAX_REMEMBERED_PER_BASE = 2_000;

export type AssertionVerdict =
  | { readonly ok: true; readonly caller: BasePrincipal }
  | { readonly ok: false; readonly code: ErrorCode };

export interface BaseAssertionsDeps {
  readonly directory: BaseDirectory;
  readonly clock: Clock;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
}

/** Checks the short-lived JWTs with which bases prove who they are. */
export class BaseAssertions {
  readonly #directory: BaseDirectory;
  readonly #clock: Clock;
  readonly #unitOfWork: BaseAssertionsDeps['unitOfWork'];
  /** By base and purpose: assertion id -> when it is stale anyway. */
  readonly #used = new Map<string, Map<string, number>>();

  constructor(deps: BaseAssertionsDeps) {
    this.#directory = deps.directory;
    this.#clock = deps.clock;
    this.#unitOfWork = deps.unitOfWork;
  }

  /**
   * Each assertion is accepted once per purpose.
   *
   * @param mayVerify checked before the signature, which is expensive to verify.
   */
  async authenticate(
    assertion: string,
    purpose: 'socket' | 'http',
    mayVerify: () => boolean = () => true,
  ): Promise<AssertionVerdict> {
    const claims = unverifiedClaims(assertion);
    if (!claims || claims.iss !== claims.sub) return { ok: false, code: 'assertion_invalid' };
    const base = await this.#directory.find(claims.sub);
    if (!base) return { ok: false, code: 'assertion_invalid' };
    if (!mayVerify()) return { ok: false, code: 'rate_limited' };
    const fault = await this.#verify(assertion, base.publicKey);
    if (fault) return { ok: false, code: fault };
    // Only the base itself is told that it was removed.
    if (base.removed) return { ok: false, code: 'base_revoked' };
    const isFirst =
      this.#useOnce(`${base.id} ${purpose}`, claims) &&
      (await this.#claim(base.key, purpose, claims));
    if (!isFirst) {
      return { ok: false, code: 'assertion_invalid' };
    }
    return { ok: true, caller: { kind: 'base', baseId: base.id } };
  }

  async #verify(
    assertion: string,
    key: Parameters<typeof jwtVerify>[1],
  ): Promise<'assertion_invalid' | 'clock_skewed' | undefined> {
    const nowMs = this.#clock.nowMs();
    try {
      const { payload } = await jwtVerify(assertion, key, {
        algorithms: ['EdDSA'],
        audience: ASSERTION_AUDIENCE,
        currentDate: new Date(nowMs),
        clockTolerance: SKEW_SECONDS,
        requiredClaims: ['iat', 'exp', 'jti'],
      });
      const { iat = 0, exp = 0 } = payload;
      if (exp - iat > ASSERTION_TTL_SECONDS) return 'assertion_invalid';
      return iat > nowMs / 1000 + SKEW_SECONDS ? 'clock_skewed' : undefined;
    } catch (error) {
      return error instanceof errors.JWTExpired ? 'clock_skewed' : 'assertion_invalid';
    }
  }

  /** On record: another hub, and this one after a restart, must not accept it again. */
  async #claim(
    baseKey: number,
    purpose: UsedAssertion['purpose'],
    { jti, exp }: AssertionClaims,
  ): Promise<boolean> {
    const used = { baseKey, purpose, id: jti, expiresAtMs: staleAt(exp) * 1_000 };
    return await this.#unitOfWork.run(
      ({ tx }) => claimAssertion(tx, used, this.#clock.nowMs()),
      String(baseKey),
    );
  }

  /** Refuses without the database what this hub has accepted itself, and what is too much. */
  #useOnce(owner: string, claims: AssertionClaims): boolean {
    const nowSeconds = this.#clock.nowMs() / 1000;
    const used = this.#used.get(owner) ?? new Map<string, number>();
    this.#used.set(owner, used);
    for (const [jti, stale] of used) {
      // In the order of their making, so the first that is fresh ends the search.
      if (stale > nowSeconds && used.size < MAX_REMEMBERED_PER_BASE) break;
      if (stale > nowSeconds) return false;
      used.delete(jti);
    }
    if (used.has(claims.jti)) return false;
    used.set(claims.jti, staleAt(claims.exp));
    return true;
  }
}

function staleAt(expSeconds: number): number {
  return expSeconds + SKEW_SECONDS + 1;
}

function unverifiedClaims(assertion: string): AssertionClaims | undefined {
  try {
    const parsed = AssertionClaims.safeParse(decodeJwt(assertion));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
