import { onTestFinished } from 'vitest';
import type { Socket } from 'socket.io-client';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { bodiesOf } from '#protocol/hub-link/site-part-bodies.ts';
import {
  SiteDelta,
  type SitePart,
  type SitePartBody,
  type SitePartName,
} from '#protocol/hub-link/site-channel.ts';
import { ChannelLeft, Closing } from '#protocol/hub-link/socket-events.ts';
import { connected, joinChannel, openSocket } from './fake-base.ts';
import type { HubClient } from './hub-client.ts';
import type { TestHub } from './test-hub.ts';
import { until } from '#platform/testing/until.ts';
import type { SiteId } from '#protocol/ids.ts';

/** A browser's socket on a site channel: keeps all that comes. */
export class Watcher {
  readonly socket: Socket;
  readonly left: ChannelLeft[] = [];
  readonly closings: Closing[] = [];
  readonly deltas: SiteDelta[] = [];
  /** Part by part. */
  readonly received: SitePart[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('channel.left', (raw) => this.left.push(ChannelLeft.parse(raw)));
    socket.on('closing', (raw) => this.closings.push(Closing.parse(raw)));
    socket.on('site.delta', (raw) => {
      const delta = SiteDelta.parse(raw);
      this.deltas.push(delta);
      this.received.push(...delta.parts);
    });
  }

  /** The first part of this name that fits. */
  next<N extends SitePartName>(
    name: N,
    fits: (body: SitePartBody<N>) => boolean = () => true,
  ): Promise<SitePartBody<N>> {
    return until(`part ${name}`, () => bodiesOf(this.deltas, name).find(fits));
  }
}

/** Connects with the client's cookie and joins the site's channel. */
export async function watchSite(hub: TestHub, client: HubClient, siteId: SiteId): Promise<Watcher> {
  const socket = openSocket(hub, {}, { cookie: client.cookie ?? '' });
  onTestFinished(() => void socket.disconnect());
  const watcher = new Watcher(socket);
  const refused = await connected(socket);
  if (refused !== undefined) throw new Error(`refused: ${refused}`);
  const channel = channelName({ kind: 'site', siteId });
  const { token } = await client.request(ChannelAuthorization, {
    path: '/api/channels/authorize',
    body: { socketId: socket.id, channel },
  });
  const joined = await joinChannel(socket, { channel, token });
  if (!joined.ok) throw new Error(`not joined: ${joined.code}`);
  return watcher;
}
