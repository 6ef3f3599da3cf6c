import type { HttpApp } from './http-app.ts';
import { isTls } from '../admission/session-cookie.ts';

const HSTS = 'max-age=31536000';

/**
 * Strict, and such that the built dashboard works: no script and no style stands in a
 * page, and nothing comes from elsewhere. `'self'` covers wss: of the same host as well.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join(';');

/** Of every answer: put together once, since it is the same text each time. */
const STRICT_HEADERS = [
  ['content-security-policy', CONTENT_SECURITY_POLICY],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['origin-agent-cluster', '?1'],
  ['referrer-policy', 'same-origin'],
  ['x-content-type-options', 'nosniff'],
  ['x-dns-prefetch-control', 'off'],
  ['x-download-options', 'noopen'],
  ['x-frame-options', 'DENY'],
  ['x-permitted-cross-domain-policies', 'none'],
  // The filter of old browsers can itself be used against a page.
  ['x-xss-protection', '0'],
] as const;

export function securityHeaders(app: HttpApp): void {
  app.addHook('onRequest', (request, reply, done) => {
    for (const [name, value] of STRICT_HEADERS) reply.raw.setHeader(name, value);
    reply.header('x-request-id', request.id);
    // Whatever is answered is for the caller of this moment, however its address was
    // written; what others may keep (files of the dashboard) says so itself.
    reply.header('cache-control', 'no-store');
    // Not for localhost: there the promise would also bind the plain port beside it.
    if (isTls(request.raw.socket) && request.hostname !== 'localhost') {
      reply.header('strict-transport-security', HSTS);
    }
    done();
  });
}
