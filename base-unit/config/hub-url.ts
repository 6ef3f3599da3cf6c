import { z } from 'zod';
import { parseHost } from '#protocol/host.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `127.1` and `0x7f.1` are addresses to a URL, and names or nothing to others. */
function isSpeltOnce(text: string, url: URL | undefined): boolean {
  const isIpv4 = url !== undefined && parseHost(url.hostname)?.kind === 'ipv4';
  return !isIpv4 || text.toLowerCase().includes(`//${url.hostname}`);
}

/** The origin of a hub. Plain HTTP is allowed only on this machine. */
export const HubUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    isSpeltOnce(text, url) &&
    (url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname)));
  if (url && isSafe) return url.origin;
  context.addIssue({ code: 'custom', message: 'must be an https:// address of a hub' });
  return z.NEVER;
});
