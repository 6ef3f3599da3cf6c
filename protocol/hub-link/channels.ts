import { BaseId, SiteId } from '../ids.ts';

/**
 * Private channels. This file is the only place that spells their names.
 *
 * - `private-base.<base id>`: the hub's log towards one base; only that base joins.
 * - `private-site.<site id>`: what changes at a site; its members join.
 */
export type Channel =
  | { readonly kind: 'base'; readonly baseId: BaseId }
  | { readonly kind: 'site'; readonly siteId: SiteId };

export function channelName(channel: Channel): string {
  switch (channel.kind) {
    case 'base':
      return `private-base.${channel.baseId}`;
    case 'site':
      return `private-site.${channel.siteId}`;
    default:
      return channel satisfies never;
  }
}

/** The channel of a name, or undefined where there is none. */
export function parseChannelName(name: string): Channel | undefined {
  const base = BaseId.safeParse(name.startsWith('private-base.') ? name.slice(13) : '');
  if (base.success) return { kind: 'base', baseId: base.data };
  const site = SiteId.safeParse(name.startsWith('private-site.') ? name.slice(13) : '');
  if (site.success) return { kind: 'site', siteId: site.data };
  return undefined;
}
