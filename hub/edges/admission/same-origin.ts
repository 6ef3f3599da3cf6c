import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request comes from a page of this hub, or from no page at all.
 * Browsers send `Sec-Fetch-Site` or `Origin` with everything that changes
 * something; a client that sends neither is no browser, and carries no
 * cookie that it was not given on purpose.
 *
 * A page of the same host over plain HTTP is another origin: whoever sits on
 * the network writes it. Behind a reverse proxy that ends TLS the scheme is
 * what `X-Forwarded-Proto` says; no page can set that header elsewhere.
 */
export function sameOrigin(headers: IncomingHttpHeaders, overTls: boolean): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  if (typeof origin !== 'string' || typeof host !== 'string') return false;
  const isSecure = overTls || headers['x-forwarded-proto'] === 'https';
  try {
    return new URL(origin).origin === new URL(`${isSecure ? 'https' : 'http'}://${host}`).origin;
  } catch {
    return false;
  }
}
