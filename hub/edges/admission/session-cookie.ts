import type { IncomingMessage } from 'node:http';
import { fastifyCookie } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '#protocol/limits.ts';

const NAME = 'signalbox_session';

/** What a browser tells cookies of one name apart by. */
export interface CookiePlace {
  readonly port: string;
  /** Of the hub's socket: earlier cookies bear that one. */
  readonly localPort: string;
  readonly isSecure: boolean;
}

/**
 * Browsers share cookies between all ports of a host: with the port in the name,
 * several hubs on one host do not end each other's sessions. It is the port that the
 * browser knows, which hubs behind one load balancer share. Over TLS the prefix prevents
 * other hosts from setting it.
 */
function sessionCookieName({ port, isSecure }: Pick<CookiePlace, 'port' | 'isSecure'>): string {
  const name = `${NAME}_${port}`;
  return isSecure ? `__Host-${name}` : name;
}

/** The session that a request names by its cookie. */
export function sessionSecretOf(
  cookie: string | undefined,
  place: CookiePlace,
): string | undefined {
  if (cookie === undefined) return undefined;
  const { port, localPort, isSecure } = place;
  const cookies = fastifyCookie.parse(cookie);
  return (
    cookies[sessionCookieName({ port, isSecure })] ??
    cookies[sessionCookieName({ port: localPort, isSecure })]
  );
}

export function cookiePlaceOf({ client, raw }: FastifyRequest): CookiePlace {
  return cookiePlace(raw, client.isSecure);
}

export function cookiePlace(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isSecure: boolean,
): CookiePlace {
  const port = /:(\d{1,5})$/.exec(headers.host ?? '')?.[1];
  const localPort = String(socket.localPort ?? 0);
  return { port: port ?? (isSecure ? '443' : '80'), localPort, isSecure };
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
