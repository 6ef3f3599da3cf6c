/** Version of the unit link that this code implements (docs/unit-link.md). */
export const UNIT_LINK_VERSION = 1;

/** Version of the socket and webhook protocol between base and hub (docs/channels.md). */
export const HUB_LINK_VERSION = 4;
/** What a hub still understands: a base without the marks that recognise a restored copy. */
export const OLDEST_HUB_LINK_VERSION = 1;

/**
 * The highest version both ranges contain, or undefined.
 *
 * @example commonVersion({min: 1, max: 3}, {min: 2, max: 5}) // 3
 */
export function commonVersion(
  a: { readonly min: number; readonly max: number },
  b: { readonly min: number; readonly max: number },
): number | undefined {
  const highest = Math.min(a.max, b.max);
  return highest >= Math.max(a.min, b.min) ? highest : undefined;
}
