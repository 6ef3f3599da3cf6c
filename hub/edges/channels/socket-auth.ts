import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { ErrorCode } from '#protocol/errors.ts';
import type { Principal } from '../../domain/accounts/principal.ts';
import type { SessionService } from '../../domain/accounts/session-service.ts';
import type { TokenService } from '../../domain/accounts/token-service.ts';
import type { BaseAssertions } from '../../domain/bases/base-assertions.ts';
import { sameOrigin } from '../admission/same-origin.ts';
import { type CookiePlace, sessionSecretOf } from '../admission/session-cookie.ts';

/** The handshake's `auth`: at most one of the two. */
const Auth = z.object({
  assertion: z.string().max(2_000).optional(),
  token: z.string().max(200).optional(),
});

export interface HandshakeFacts {
  readonly auth: unknown;
  readonly headers: IncomingHttpHeaders;
  /** Where it came in. */
  readonly place: CookiePlace;
  /** Checked before a signature is verified. */
  readonly mayVerify: () => boolean;
}

export type SocketVerdict =
  | { readonly ok: true; readonly caller: Principal }
  | { readonly ok: false; readonly code: ErrorCode };

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

  async authenticate(handshake: HandshakeFacts): Promise<SocketVerdict> {
    const auth = Auth.safeParse(handshake.auth ?? {});
    if (!auth.success) return { ok: false, code: 'unauthenticated' };
    if (auth.data.assertion !== undefined) {
      return await this.#deps.assertions.authenticate(
        auth.data.assertion,
        'socket',
        handshake.mayVerify,
      );
    }
    if (auth.data.token !== undefined) {
      const caller = await this.#deps.tokens.authenticate(auth.data.token);
      return caller ? { ok: true, caller } : { ok: false, code: 'token_invalid' };
    }
    return await this.#authenticateBrowser(handshake);
  }

  async #authenticateBrowser({ headers, place }: HandshakeFacts): Promise<SocketVerdict> {
    const secret = sessionSecretOf(headers.cookie, place);
    if (secret === undefined) return { ok: false, code: 'unauthenticated' };
    // Pages of other sites send cookies too; only ours may use them. Sec-Fetch-Site does not help
    // here: not all browsers send it with WebSockets.
    const facts = { ...headers, 'sec-fetch-site': undefined };
    if (!sameOrigin(facts, place.isSecure)) return { ok: false, code: 'origin_refused' };
    const verdict = await this.#deps.sessions.authenticate(secret);
    return verdict.ok ? verdict : { ok: false, code: 'unauthenticated' };
  }
}
