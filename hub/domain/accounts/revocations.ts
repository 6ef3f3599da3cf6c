import type {
  BaseId,
  CredentialId,
  DeviceId,
  SessionId,
  SiteId,
  TokenId,
  UserId,
} from '#protocol/ids.ts';

/** A right that was just revoked, or that is another one than what was remembered of it. */
export type Revocation =
  | { readonly kind: 'session'; readonly sessionId: SessionId }
  | { readonly kind: 'token'; readonly tokenId: TokenId }
  | { readonly kind: 'member'; readonly userId: UserId; readonly siteId: SiteId }
  | { readonly kind: 'base'; readonly baseId: BaseId }
  /** A device is unregistered: its sessions, queues and rights are gone. */
  | { readonly kind: 'device'; readonly deviceId: DeviceId }
  /** Connections that were made with it end; the device may come back with another one. */
  | {
      readonly kind: 'credential';
      readonly deviceId: DeviceId;
      readonly credentialId: CredentialId;
    }
  /** Its topics are others. */
  | { readonly kind: 'device_changed'; readonly deviceId: DeviceId }
  | { readonly kind: 'session_changed'; readonly sessionId: SessionId }
  | { readonly kind: 'members_changed'; readonly siteId: SiteId }
  /** Any may have been, at another hub that is not heard: nothing remembered holds. */
  | { readonly kind: 'unheard' };

/** Where it happened. */
export type RevokedAt = 'this hub' | 'another hub';

/**
 * Notifies live connections and caches of revocations. Services announce after the
 * commit; listeners act before the announcement returns.
 */
export class Revocations {
  readonly #listeners = new Set<(revocation: Revocation, at: RevokedAt) => void>();

  listen(listener: (revocation: Revocation, at: RevokedAt) => void): void {
    this.#listeners.add(listener);
  }

  announce(revocation: Revocation, at: RevokedAt = 'this hub'): void {
    for (const listener of this.#listeners) listener(revocation, at);
  }
}
