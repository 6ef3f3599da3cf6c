/** Names of this machine itself, useless to others. */
const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * A link that works on other machines: with the address of this page, unless that is a
 * loopback address.
 */
export function invitationLink(origin: string, hubUrls: readonly string[], code: string): string {
  const isOpen = (url: string) => !LOOPBACK.test(new URL(url).hostname);
  const base = [origin, ...hubUrls].find(isOpen) ?? origin;
  return `${base}/welcome#invitation=${encodeURIComponent(code)}`;
}
