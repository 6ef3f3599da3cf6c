/** Names of this machine itself: nobody else comes anywhere by them. */
const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The link that somebody on another machine can open: under the address of
 * this page, unless that leads only to one's own machine.
 */
export function invitationLink(origin: string, hubUrls: readonly string[], code: string): string {
  const isOpen = (url: string) => !LOOPBACK.test(new URL(url).hostname);
  const base = [origin, ...hubUrls].find(isOpen) ?? origin;
  return `${base}/welcome#invitation=${encodeURIComponent(code)}`;
}
