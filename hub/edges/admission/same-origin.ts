import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request comes from a page of this hub, or from no page at all. Browsers
 * send `Sec-Fetch-Site` or `Origin` with every request that changes something; a client
 * that sends neither is not a browser, and sends no cookie unintentionally.
 *
 * A page of the same host over plain HTTP is another origin: anyone on the network can
 * forge it.
 *
 * @param isSecure whether the browser used TLS, to this hub or to a proxy that it trusts.
 */
export function sameOrigin(headers: IncomingHttpHeaders, isSecure: boolean): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  if (typeof origin !== 'string' || typeof host !== 'string') return false;
  try {
    return new URL(origin).origin === new URL(`${isSecure ? 'https' : 'http'}://${host}`).origin;
  } catch {
    return false;
  }
}
