import type { BaseId, SessionId, SiteId, TokenId, UserId } from '#protocol/ids.ts';

/** A right that was just revoked. */
export type Revocation =
  | { readonly kind: 'session'; readonly sessionId: SessionId }
  | { readonly kind: 'token'; readonly tokenId: TokenId }
  | { readonly kind: 'member'; readonly userId: UserId; readonly siteId: SiteId }
  | { readonly kind: 'base'; readonly baseId: BaseId };

/**
 * Notifies live connections and caches of revocations. Services announce after the
 * commit; listeners act before the announcement returns.
 */
export class Revocations {
  readonly #listeners = new Set<(revocation: Revocation) => void>();

  listen(listener: (revocation: Revocation) => void): void {
    this.#listeners.add(listener);
  }

  announce(revocation: Revocation): void {
    for (const listener of this.#listeners) listener(revocation);
  }
}
