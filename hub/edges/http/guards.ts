import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Permission } from '#protocol/access/permissions.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import {
  type BasePrincipal,
  isUser,
  type Principal,
  principalMay,
  type SessionPrincipal,
  type TokenPrincipal,
  type UserPrincipal,
} from '../../domain/accounts/principal.ts';
import type { SessionService } from '../../domain/accounts/session-service.ts';
import { TOKEN_PREFIX, type TokenService } from '../../domain/accounts/token-service.ts';
import type { Suspects } from '../../domain/accounts/suspects.ts';
import type { BaseAssertions } from '../../domain/bases/base-assertions.ts';
import { addressKey } from '../admission/address-key.ts';
import type { RateLimits } from './rate-limits.ts';
import { sameOrigin } from '../admission/same-origin.ts';
import { cookiePlaceOf, sessionSecretOf, setSessionCookie } from '../admission/session-cookie.ts';

export interface GuardsDeps {
  readonly sessions: SessionService;
  readonly tokens: TokenService;
  readonly assertions: BaseAssertions;
  /** Wrong assertions by address. */
  readonly suspects: Suspects;
  readonly limits: RateLimits;
}

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Who may call a route: each route names its guard as `onRequest`, so that no body is
 * read before the caller is known.
 */
export class Guards {
  readonly #deps: GuardsDeps;
  readonly #callers = new WeakMap<FastifyRequest, Principal>();

  constructor(deps: GuardsDeps) {
    this.#deps = deps;
  }

  /** Anyone, rate limited. */
  readonly open: Guard = async (request) => {
    await this.#deps.limits.open(request);
  };

  /**
   * A person, or software with a token whose scope has the permission. The handler's
   * service checks the role at the site.
   */
  may(permission: Permission): Guard {
    return async (request, reply) => {
      const caller = await this.#authenticate(request, reply);
      if (!principalMay(caller, permission)) throw new AppError('forbidden');
    };
  }

  /** A base. */
  readonly base: Guard = async (request, reply) => {
    const caller = await this.#authenticate(request, reply);
    if (caller.kind !== 'base') throw new AppError('forbidden');
  };

  /** A person, software, or a base. */
  readonly anyone: Guard = async (request, reply) => {
    await this.#authenticate(request, reply);
  };

  /** Anyone; a signed-in caller is identified. */
  readonly optional: Guard = async (request, reply) => {
    await this.#deps.limits.open(request);
    const secret = sessionSecretOf(request.headers.cookie, cookiePlaceOf(request));
    if (secret !== undefined) await this.#authenticateSession(request, reply, secret);
  };

  /** The caller that the route's guard found. */
  caller(request: FastifyRequest): Principal {
    const caller = this.#callers.get(request);
    if (!caller) throw new AppError('unauthenticated');
    return caller;
  }

  user(request: FastifyRequest): UserPrincipal {
    const caller = this.caller(request);
    if (!isUser(caller)) throw new AppError('forbidden');
    return caller;
  }

  baseCaller(request: FastifyRequest): BasePrincipal {
    const caller = this.caller(request);
    if (caller.kind !== 'base') throw new AppError('forbidden');
    return caller;
  }

  person(request: FastifyRequest): SessionPrincipal {
    const caller = this.caller(request);
    if (caller.kind !== 'session') throw new AppError('forbidden');
    return caller;
  }

  token(request: FastifyRequest): TokenPrincipal {
    const caller = this.caller(request);
    if (caller.kind !== 'token') throw new AppError('forbidden');
    return caller;
  }

  personOrNobody(request: FastifyRequest): SessionPrincipal | undefined {
    const caller = this.#callers.get(request);
    return caller?.kind === 'session' ? caller : undefined;
  }

  async #authenticate(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    const { authorization } = request.headers;
    const [scheme, bearer] = authorization?.split(' ') ?? [];
    if (authorization !== undefined) {
      if (scheme?.toLowerCase() !== 'bearer' || bearer === undefined) {
        return await this.#refuse(request, 'token_invalid');
      }
      return await this.#authenticateBearer(request, bearer);
    }
    const secret = sessionSecretOf(request.headers.cookie, cookiePlaceOf(request));
    if (secret === undefined) return await this.#refuse(request, 'unauthenticated');
    // Cookies are sent automatically, so changes must come from our pages.
    if (
      !SAFE_METHODS.has(request.method) &&
      !sameOrigin(request.headers, request.client.isSecure)
    ) {
      throw new AppError('origin_refused');
    }
    const code = await this.#authenticateSession(request, reply, secret);
    return code === undefined ? this.caller(request) : await this.#refuse(request, code);
  }

  async #authenticateBearer(request: FastifyRequest, bearer: string): Promise<Principal> {
    if (bearer.startsWith(TOKEN_PREFIX)) {
      const caller = await this.#deps.tokens.authenticate(bearer);
      if (!caller) return await this.#refuse(request, 'token_invalid');
      this.#callers.set(request, caller);
      return caller;
    }
    const { assertions, suspects } = this.#deps;
    const address = addressKey(request.client.address);
    const verdict = await assertions.authenticate(bearer, 'http', () =>
      suspects.mayVerify(address),
    );
    if (!verdict.ok) {
      suspects.refused(address);
      return await this.#refuse(request, verdict.code);
    }
    this.#callers.set(request, verdict.caller);
    return verdict.caller;
  }

  async #authenticateSession(
    request: FastifyRequest,
    reply: FastifyReply,
    secret: string,
  ): Promise<'unauthenticated' | 'session_expired' | undefined> {
    const verdict = await this.#deps.sessions.authenticate(secret);
    if (!verdict.ok) return verdict.code;
    this.#callers.set(request, verdict.caller);
    if (verdict.renewed) setSessionCookie(request, reply, secret);
    return undefined;
  }

  /**
   * Wrong proofs are counted, and soon answered with `rate_limited` alone.
   * Right ones still pass: bases and people behind one address do not keep
   * each other out, and the secrets are too long to be guessed.
   */
  async #refuse(request: FastifyRequest, code: ErrorCode): Promise<never> {
    await this.#deps.limits.failures(request);
    throw new AppError(code);
  }
}
