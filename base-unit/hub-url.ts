import { z } from 'zod';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The origin of a hub. Plain HTTP only where nobody can listen in: on this machine. */
export const HubUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (url && isSafe) return url.origin;
  context.addIssue({ code: 'custom', message: 'must be an https:// address of a hub' });
  return z.NEVER;
});
