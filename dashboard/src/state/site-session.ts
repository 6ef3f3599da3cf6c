import { channelName } from '#protocol/hub-link/channels.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import type { SiteApi } from '#client/site-api.ts';
import { ChannelClient, type HubSocket } from '#client/channel-client.ts';
import type { Clock } from '#client/clock.ts';
import { ActivityFeed, type ActivityFeedDeps } from './activity-feed.ts';
import { SiteCollection } from '../live/site-collection.ts';
import { CommandClient } from './command-client.ts';
import { SiteStore } from './site-store.ts';
import { DesiredValues } from './desired-values.ts';
import { own } from './own.ts';

interface SiteSessionDeps {
  readonly siteId: SiteId;
  readonly userName: string;
  readonly api: SiteApi;
  readonly openSocket: () => HubSocket | Promise<HubSocket>;
  readonly clock: Clock;
}

/** One site on screen: its state, its live channel, and its actions. */
export class SiteSession {
  readonly siteId: SiteId;
  readonly store: SiteStore;
  readonly desiredValues: DesiredValues;
  readonly collection: SiteCollection;
  readonly channel: ChannelClient;
  readonly commandClient: CommandClient;
  readonly #deps: SiteSessionDeps;
  #cancelStart: (() => void) | undefined;

  constructor(deps: SiteSessionDeps) {
    const { api, clock, siteId } = deps;
    this.#deps = deps;
    this.siteId = siteId;
    this.store = new SiteStore({
      clock,
      onReport: (unitId, property, value) => this.desiredValues.noteReport(unitId, property, value),
      onCommand: (command) => this.desiredValues.noteCommand(command),
    });
    this.desiredValues = new DesiredValues({
      clock,
      reportedOf: (unitId, property) =>
        own(this.store.units.get(unitId)?.reported, property)?.value,
    });
    this.collection = new SiteCollection({
      fetchSnapshot: (signal) => api.snapshot(siteId, signal),
      target: this.store,
      onGap: () => this.channel.resume(),
      clock,
    });
    this.channel = new ChannelClient({
      channel: channelName({ kind: 'site', siteId }),
      openSocket: deps.openSocket,
      authorize: (socketId, channel) => api.authorize(socketId, channel),
      beginResume: () => this.collection.beginResume(),
      onJoined: (joined) => this.collection.joined(joined),
      onDelta: (delta) => this.collection.receive(delta),
      onUnreadable: () => this.collection.load(),
      clock,
    });
    this.commandClient = new CommandClient({
      api,
      store: this.store,
      desiredValues: this.desiredValues,
      clock,
      issuedBy: deps.userName,
    });
  }

  /**
   * The snapshot first; the channel when it is available: otherwise, on a slow phone,
   * the board would wait for the channel's code. The join detects what is missed in
   * between.
   */
  start(): void {
    const { status } = this.collection;
    const unsubscribe = status.subscribe(() => {
      if (status.get().phase === 'loading') return;
      unsubscribe();
      // After the first paint.
      this.#cancelStart = this.#deps.clock.after(0, () => this.channel.start());
    });
    this.collection.load();
  }

  /** Reorders the tiles, here at once and on the hub for the next visit. */
  async arrange(unitIds: readonly UnitId[]): Promise<void> {
    this.store.layout.set(unitIds);
    await this.#deps.api.saveLayout(this.siteId, unitIds);
  }

  /** Stored events of the site, followed from when it is opened. */
  activity(wanted: Pick<ActivityFeedDeps, 'filter' | 'pageSize' | 'maxEvents'>): ActivityFeed {
    const { api, clock } = this.#deps;
    return new ActivityFeed({
      fetchPage: (query, signal) => api.events(this.siteId, query, signal),
      position: this.collection.position,
      clock,
      ...wanted,
    });
  }

  close(): void {
    this.#cancelStart?.();
    this.channel.close();
    this.collection.close();
    this.commandClient.close();
    this.desiredValues.close();
  }
}
