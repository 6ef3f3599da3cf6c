export const SESSION_COOKIE = 'signalbox_session';

/**
 * Whether a request comes from a page of this hub, or from no page at all.
 * Browsers send `Sec-Fetch-Site` or `Origin` with everything that changes
 * something; a client that sends neither is no browser, and carries no
 * cookie that it was not given on purpose.
 */
export function sameOrigin(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  if (typeof origin !== 'string' || typeof host !== 'string') return false;
  try {
    return new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}
