import type { HttpApp } from './http-app.ts';

const HSTS = 'max-age=31536000';

/**
 * Strict, yet compatible with the built dashboard: no inline scripts or styles, and
 * nothing from other origins. `'self'` also covers wss: of the same host.
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
    // Answers are for this caller only, whatever the address; cacheable ones (files of the
    // dashboard) override this.
    reply.header('cache-control', 'no-store');
    // Not for localhost: it would also apply to the plain port.
    if (request.client.isSecure && request.hostname !== 'localhost') {
      reply.header('strict-transport-security', HSTS);
    }
    done();
  });
}
