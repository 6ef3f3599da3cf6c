import { channelName } from '#protocol/hub-link/channels.ts';
import type { SiteDeltaBody, SiteDeltaName } from '#protocol/hub-link/socket-events.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Publisher, SiteCursor } from '../kernel/publisher.ts';
import { SiteRevisions } from './site-revisions.ts';

/** Sends to everybody in a room, now, and forgets. */
export type RoomSender = (room: string, name: string, payload: object) => void;

/** Publishes to the sockets of a site's channel. Before sockets are there, it counts only. */
export class SitePublisher implements Publisher {
  readonly #revisions = new SiteRevisions();
  #send: RoomSender | undefined;

  connect(send: RoomSender): void {
    this.#send = send;
  }

  readonly publish = <N extends SiteDeltaName>(
    siteId: SiteId,
    name: N,
    body: SiteDeltaBody<N>,
  ): void => {
    const delta = { ...this.#revisions.next(siteId), ...body };
    this.#send?.(channelName({ kind: 'site', siteId }), name, delta);
  };

  readonly cursor = (siteId: SiteId): SiteCursor => this.#revisions.current(siteId);
}
