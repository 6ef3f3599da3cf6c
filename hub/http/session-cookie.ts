import { TLSSocket } from 'node:tls';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '#protocol/limits.ts';
import { SESSION_COOKIE } from './same-origin.ts';

/** No script sees it, no other site sends it, and over TLS it never leaves TLS. */
function attributesFor(request: FastifyRequest) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: request.raw.socket instanceof TLSSocket,
  } as const;
}

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string,
): void {
  void reply.setCookie(SESSION_COOKIE, secret, {
    ...attributesFor(request),
    maxAge: LIMITS.sessionTtlMs / 1000,
  });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  void reply.clearCookie(SESSION_COOKIE, attributesFor(request));
}
