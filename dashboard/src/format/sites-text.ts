import type { SiteView } from '#protocol/http/accounts.ts';

/** The sites that a token is for; null: all of its person. */
export function sitesText(
  siteIds: readonly SiteView['id'][] | null,
  sites: readonly SiteView[],
): string {
  if (siteIds === null) return 'all sites';
  const names = sites.filter(({ id }) => siteIds.includes(id)).map(({ name }) => name);
  if (names.length === 0) return 'no site of yours';
  return names.join(', ');
}
