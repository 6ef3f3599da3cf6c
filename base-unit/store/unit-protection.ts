/** How a base speaks to a unit: with its key, in plain because somebody said so, or not at all. */
export type UnitProtection =
  | { readonly kind: 'encrypted'; readonly key: Uint8Array }
  | { readonly kind: 'plain' }
  | { readonly kind: 'unknown' };
