import { fastifyCookie } from '@fastify/cookie';
import { z } from 'zod';
import type { ErrorCode } from '#protocol/errors.ts';
import type { Caller } from '../accounts/caller.ts';
import type { SessionService } from '../accounts/session-service.ts';
import type { TokenService } from '../accounts/token-service.ts';
import type { BaseAssertions } from '../bases/base-assertions.ts';
import { SESSION_COOKIE, sameOrigin } from '../http/same-origin.ts';

/** The handshake's `auth`: at most one of the two. */
const Auth = z.object({
  assertion: z.string().max(2_000).optional(),
  token: z.string().max(200).optional(),
});

export interface HandshakeFacts {
  readonly auth: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type SocketProof =
  { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly code: ErrorCode };

/** Proves who opens a socket: a base, an API client, or a person's browser. */
export class SocketAuth {
  readonly #deps: {
    readonly sessions: SessionService;
    readonly tokens: TokenService;
    readonly assertions: BaseAssertions;
  };

  constructor(deps: {
    readonly sessions: SessionService;
    readonly tokens: TokenService;
    readonly assertions: BaseAssertions;
  }) {
    this.#deps = deps;
  }

  async prove(handshake: HandshakeFacts): Promise<SocketProof> {
    const auth = Auth.safeParse(handshake.auth ?? {});
    if (!auth.success) return { ok: false, code: 'unauthenticated' };
    if (auth.data.assertion !== undefined) {
      return await this.#deps.assertions.prove(auth.data.assertion, 'socket');
    }
    if (auth.data.token !== undefined) {
      const caller = await this.#deps.tokens.prove(auth.data.token);
      return caller ? { ok: true, caller } : { ok: false, code: 'token_invalid' };
    }
    return await this.#proveBrowser(handshake.headers);
  }

  async #proveBrowser(headers: HandshakeFacts['headers']): Promise<SocketProof> {
    const { cookie } = headers;
    const secret =
      typeof cookie === 'string' ? fastifyCookie.parse(cookie)[SESSION_COOKIE] : undefined;
    if (secret === undefined) return { ok: false, code: 'unauthenticated' };
    // Cookies come along from pages of other sites too; only ours may use them.
    if (!sameOrigin({ origin: headers['origin'], host: headers['host'] }))
      return { ok: false, code: 'origin_refused' };
    const proof = await this.#deps.sessions.prove(secret);
    return proof.ok ? proof : { ok: false, code: 'unauthenticated' };
  }
}
