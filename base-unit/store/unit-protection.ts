/**
 * How a base connects to a unit: with its key, unencrypted because that was allowed, or
 * not at all.
 */
export type UnitProtection =
  | { readonly kind: 'encrypted'; readonly key: Uint8Array }
  | { readonly kind: 'plain' }
  | { readonly kind: 'unknown' };
