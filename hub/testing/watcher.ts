import { onTestFinished } from 'vitest';
import type { Socket } from 'socket.io-client';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import {
  ChannelLeft,
  Closing,
  type SiteDelta,
  type SiteDeltaName,
  SiteDeltas,
} from '#protocol/hub-link/socket-events.ts';
import { connected, joinChannel, openSocket } from './fake-base.ts';
import type { HubClient } from './hub-client.ts';
import type { TestHub } from './test-hub.ts';
import { until } from '#platform/testing/until.ts';
import type { SiteId } from '#protocol/ids.ts';

const PARSE: { readonly [N in SiteDeltaName]: (raw: unknown) => SiteDelta<N> } = {
  'unit.changed': (raw) => SiteDeltas['unit.changed'].parse(raw),
  'unit.values': (raw) => SiteDeltas['unit.values'].parse(raw),
  'unit.removed': (raw) => SiteDeltas['unit.removed'].parse(raw),
  'unit.event': (raw) => SiteDeltas['unit.event'].parse(raw),
  'base.changed': (raw) => SiteDeltas['base.changed'].parse(raw),
  'base.removed': (raw) => SiteDeltas['base.removed'].parse(raw),
  'command.changed': (raw) => SiteDeltas['command.changed'].parse(raw),
  'command.progress': (raw) => SiteDeltas['command.progress'].parse(raw),
  'readings.added': (raw) => SiteDeltas['readings.added'].parse(raw),
  'readings.dropped': (raw) => SiteDeltas['readings.dropped'].parse(raw),
  'rollout.changed': (raw) => SiteDeltas['rollout.changed'].parse(raw),
  'update.progress': (raw) => SiteDeltas['update.progress'].parse(raw),
};

/** A browser's socket on a site channel: keeps all that comes. */
export class Watcher {
  readonly socket: Socket;
  readonly left: ChannelLeft[] = [];
  readonly closings: Closing[] = [];
  readonly received: { name: string; delta: { rev: number; epoch: string } }[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('channel.left', (raw) => this.left.push(ChannelLeft.parse(raw)));
    socket.on('closing', (raw) => this.closings.push(Closing.parse(raw)));
    for (const [name, schema] of Object.entries(SiteDeltas)) {
      socket.on(name, (raw) => this.received.push({ name, delta: schema.parse(raw) }));
    }
  }

  /** The first delta of this name that fits. */
  next<N extends SiteDeltaName>(
    name: N,
    fits: (delta: SiteDelta<N>) => boolean = () => true,
  ): Promise<SiteDelta<N>> {
    return until(`delta ${name}`, () => {
      const parsed = this.received
        .filter((received) => received.name === name)
        .map(({ delta }) => PARSE[name](delta));
      return parsed.find(fits);
    });
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
  const { token } = await client.ask(ChannelAuthorization, {
    path: '/api/channels/authorize',
    body: { socketId: socket.id, channel },
  });
  const joined = await joinChannel(socket, { channel, token });
  if (!joined.ok) throw new Error(`not joined: ${joined.code}`);
  return watcher;
}
