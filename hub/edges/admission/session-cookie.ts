import { fastifyCookie } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '#protocol/limits.ts';

const NAME = 'signalbox_session';

/** What a browser tells cookies of one name apart by. */
export interface CookiePlace {
  /** Of the hub. */
  readonly port: number;
  readonly isSecure: boolean;
}

/**
 * Browsers share cookies between all ports of a host: with the port in the name,
 * several hubs on one host do not end each other's sessions. Over TLS the prefix
 * prevents other hosts from setting it.
 */
function sessionCookieName({ port, isSecure }: CookiePlace): string {
  const name = `${NAME}_${port}`;
  return isSecure ? `__Host-${name}` : name;
}

/** The session that a request names by its cookie. */
export function sessionSecretOf(
  cookie: string | undefined,
  place: CookiePlace,
): string | undefined {
  return cookie === undefined ? undefined : fastifyCookie.parse(cookie)[sessionCookieName(place)];
}

export function cookiePlaceOf({ client, raw }: FastifyRequest): CookiePlace {
  return { port: raw.socket.localPort ?? 0, isSecure: client.isSecure };
}

/** No script sees it, no other site sends it, and over TLS it never leaves TLS. */
function attributesFor(request: FastifyRequest) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: request.client.isSecure,
  } as const;
}

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string,
): void {
  void reply.setCookie(sessionCookieName(cookiePlaceOf(request)), secret, {
    ...attributesFor(request),
    maxAge: LIMITS.sessionTtlMs / 1000,
  });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  void reply.clearCookie(sessionCookieName(cookiePlaceOf(request)), attributesFor(request));
}
