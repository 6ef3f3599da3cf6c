import { channelName } from '#protocol/hub-link/channels.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import type { SiteApi } from '#client/site-api.ts';
import { ChannelClient, type HubSocket } from '#client/channel-client.ts';
import type { Clock } from '#client/clock.ts';
import { SiteCollection } from '../live/site-collection.ts';
import { Commander } from './commander.ts';
import { SiteStore } from './site-store.ts';
import { WishStore } from './wish-store.ts';
import { own } from './own.ts';

interface SiteSessionDeps {
  readonly siteId: SiteId;
  readonly userName: string;
  readonly api: SiteApi;
  readonly openSocket: () => HubSocket;
  readonly clock: Clock;
}

/** One site on screen: its state, its live channel, and what is done to it. */
export class SiteSession {
  readonly siteId: SiteId;
  readonly store: SiteStore;
  readonly wishes: WishStore;
  readonly collection: SiteCollection;
  readonly channel: ChannelClient;
  readonly commander: Commander;
  readonly #deps: SiteSessionDeps;

  constructor(deps: SiteSessionDeps) {
    const { api, clock, siteId } = deps;
    this.#deps = deps;
    this.siteId = siteId;
    this.store = new SiteStore({
      clock,
      onReport: (unitId, property, value) => this.wishes.noteReport(unitId, property, value),
      onCommand: (command) => this.wishes.noteCommand(command),
    });
    this.wishes = new WishStore({
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
    this.commander = new Commander({
      api,
      store: this.store,
      wishes: this.wishes,
      clock,
      issuedBy: deps.userName,
    });
  }

  /** The snapshot does not wait for the channel: what is missed in between is noticed at the join. */
  start(): void {
    this.collection.load();
    this.channel.start();
  }

  /** Puts the tiles in a new order, here at once and on the hub for the next time. */
  async arrange(unitIds: readonly UnitId[]): Promise<void> {
    this.store.layout.set(unitIds);
    await this.#deps.api.saveLayout(this.siteId, unitIds);
  }

  close(): void {
    this.channel.close();
    this.collection.close();
    this.commander.close();
    this.wishes.close();
  }
}
