import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fastifyCookie } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '#protocol/limits.ts';

const NAME = 'signalbox_session';

/**
 * Browsers share cookies between all ports of a host: with the port in the name,
 * several hubs on one host do not end each other's sessions. Over TLS the prefix
 * prevents other hosts from setting it.
 */
function sessionCookieName(socket: Socket): string {
  const name = `${NAME}_${socket.localPort ?? 0}`;
  return isTls(socket) ? `__Host-${name}` : name;
}

/** The session that a request names by its cookie. */
export function sessionSecretOf(cookie: string | undefined, socket: Socket): string | undefined {
  return cookie === undefined ? undefined : fastifyCookie.parse(cookie)[sessionCookieName(socket)];
}

export function isTls(socket: Socket): boolean {
  return socket instanceof TLSSocket;
}

/** No script sees it, no other site sends it, and over TLS it never leaves TLS. */
function attributesFor(request: FastifyRequest) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: isTls(request.raw.socket),
  } as const;
}

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string,
): void {
  void reply.setCookie(sessionCookieName(request.raw.socket), secret, {
    ...attributesFor(request),
    maxAge: LIMITS.sessionTtlMs / 1000,
  });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  void reply.clearCookie(sessionCookieName(request.raw.socket), attributesFor(request));
}
