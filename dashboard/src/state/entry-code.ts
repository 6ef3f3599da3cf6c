export interface EntryCode {
  /** The one-time sign-in that the hub printed. */
  readonly code?: string;
  readonly invitation?: string;
}

/**
 * Reads a code from the address (`#code=…`, `#invitation=…`) and removes it from the
 * address bar: it is as good as a password, and a fragment is never sent.
 */
export function consumeEntryCode(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
): EntryCode {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const code = fragment.get('code');
  const invitation = fragment.get('invitation');
  if (code === null && invitation === null) return {};
  history.replaceState(null, '', location.pathname + location.search);
  return {
    ...(code === null ? {} : { code }),
    ...(invitation === null ? {} : { invitation }),
  };
}
