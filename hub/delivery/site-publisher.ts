import { channelName, parseChannelName } from '#protocol/hub-link/channels.ts';
import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Publisher } from '../kernel/publisher.ts';

/** Where sockets are, in rooms. */
export interface Rooms {
  /** To everyone in a room, now. */
  readonly send: (room: string, delta: SiteDelta) => void;
  readonly hasAnybody: (room: string) => boolean;
  /** Rooms with somebody in them. */
  readonly names: () => Iterable<string>;
}

/** Publishes to the sockets of a site's channel. Without a socket server nobody watches. */
export class SitePublisher implements Publisher {
  #rooms: Rooms | undefined;

  connect(rooms: Rooms): void {
    this.#rooms = rooms;
  }

  readonly publish = (siteId: SiteId, delta: SiteDelta): void => {
    this.#rooms?.send(channelName({ kind: 'site', siteId }), delta);
  };

  readonly isWatched = (siteId: SiteId): boolean =>
    this.#rooms?.hasAnybody(channelName({ kind: 'site', siteId })) ?? false;

  readonly watchedSites = (): readonly SiteId[] =>
    [...(this.#rooms?.names() ?? [])].flatMap((room) => {
      const channel = parseChannelName(room);
      return channel?.kind === 'site' ? [channel.siteId] : [];
    });
}
