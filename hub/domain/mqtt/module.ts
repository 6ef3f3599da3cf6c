import type { Module } from '#platform/assembly.ts';
import type { MqttAuthenticator } from '../../kernel/mqtt-authenticator.ts';
import { Sweeper } from '../../kernel/sweeper.ts';
import type { TopicRights } from '../../kernel/topic-rights.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Foundation } from '../../store/module.ts';
import { connectedDevices } from '../../store/mqtt-sessions.ts';
import type { Db } from '../../store/schema.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import type { Principal } from '../accounts/principal.ts';
import type { ConnectedDevices } from '../devices/device-views.ts';
import type { DevicesOffers } from '../devices/module.ts';
import type { ChannelsOffers } from '../channels/module.ts';
import type { HubsOffers } from '../hubs/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import { ClientAuthenticator } from './client-authenticator.ts';
import { ClientRights } from './client-rights.ts';
import { Broker } from './broker.ts';
import { FanOut } from './fan-out.ts';
import { KeptSubscriptions } from './kept-subscriptions.ts';
import { messagePruner } from './message-pruner.ts';
import { LiveSessions } from './live-sessions.ts';
import { MessageFollower } from './message-follower.ts';
import { MessageReaders } from './message-readers.ts';
import { MessageStore, type StoredMessages } from './message-store.ts';
import { brokerNotesOf } from './broker-notes.ts';
import { type BrokerNotes, OtherHubsLink } from './other-hubs.ts';
import { RetainedMessages } from './retained-messages.ts';
import { RevokedSessions } from './revoked-sessions.ts';
import { SessionHolder } from './session-holder.ts';
import { SessionService } from './session-service.ts';
import { SettledRows } from './settled-rows.ts';
import { PublishQueues } from './publish-queues.ts';
import { SubscriptionService } from './subscription-service.ts';
import { TokenAuthenticator } from './token-authenticator.ts';
import { TokenRights } from './token-rights.ts';
import { WillService } from './will-service.ts';

export interface MqttNeeds
  extends
    Foundation,
    HubsOffers,
    Pick<AccountsOffers, 'tokens' | 'revocations'>,
    Pick<SitesOffers, 'access'>,
    Pick<ChannelsOffers, 'rightsAudit'>,
    Pick<DevicesOffers, 'deviceAuthenticator' | 'deviceRights'> {}

export interface MqttOffers {
  readonly mqttAuthenticator: MqttAuthenticator<Principal>;
  readonly topicRights: TopicRights<Principal, Db>;
  readonly connectedDevices: ConnectedDevices;
  readonly mqttSessions: SessionService;
  readonly mqttSubscriptions: SubscriptionService;
  readonly mqttRetained: RetainedMessages;
  readonly mqttLive: LiveSessions;
  readonly broker: Broker;
  readonly brokerNotes: BrokerNotes;
  readonly mqttReaders: MessageReaders;
  /** From here on all that is published in the site is handed on at this hub. @returns ends it. */
  readonly watchTopics: (site: SiteId) => Promise<() => void>;
}

export function mqttModule(needs: MqttNeeds): Module<MqttOffers> {
  const { clock, lease, db, isShared } = needs;
  const log = needs.log.child({ component: 'mqtt' });
  const topicRights = new ClientRights({
    devices: needs.deviceRights,
    tokens: new TokenRights(needs),
  });
  const others = new OtherHubsLink();
  const live = new LiveSessions((site, isShares) =>
    others.publish({ kind: 'subscribed', site, isShared: isShares }),
  );
  const kept = new KeptSubscriptions();
  const readers = new MessageReaders();
  const fanOut = new FanOut({ live, shown: readers.shown });
  const follower = new MessageFollower({ ...{ db, hubId: lease.id, live, fanOut, clock, log } });
  const stored = (messages: StoredMessages): void => {
    follower.storedHere(messages);
    others.publish({ kind: 'stored', site: messages.site, seq: messages.upTo });
  };
  const store = new MessageStore({ ...{ hubId: lease.id, clock, kept, isShared, readers } });
  const queues = new PublishQueues({ ...needs, store, kept, stored });
  const wills = new WillService({ ...needs, store, rights: topicRights, stored });
  const sweeper = new Sweeper({ ...needs, log });
  const pruner = messagePruner({ ...needs, log });
  lease.hold(new SessionHolder({ clock, sweeper }));
  const broker = new Broker({
    ...needs,
    queues,
    fanOut,
    live,
    others,
    readers,
    rights: topicRights,
  });
  const brokerNotes = brokerNotesOf({ others, live, follower, broker });
  const settledRows = new SettledRows({ ...needs, log });
  const sessions = new SessionService({
    ...needs,
    ...{ hubId: lease.id, live, wills, settledRows, sweeper, follower, others },
    dropped: broker.countDropped,
  });
  const retained = new RetainedMessages({
    ...needs,
    ...{ hubId: lease.id, rights: topicRights, settledRows },
  });
  const subscriptions = new SubscriptionService({ ...needs, live, follower });
  broker.watchRights();
  const revokedSessions = new RevokedSessions({ ...needs, live, log });
  needs.revocations.listen((revocation, at) => revokedSessions.revoked(revocation, at));
  needs.rightsAudit.register(() =>
    live.all().map(({ principal, sites }) => ({ caller: principal, sites: [...sites] })),
  );
  lease.onLapse(() => {
    for (const session of live.all()) session.end('hub_leaves');
  });
  return {
    offers: {
      mqttAuthenticator: new ClientAuthenticator({
        db: needs.db,
        devices: needs.deviceAuthenticator,
        tokens: new TokenAuthenticator(needs),
      }),
      topicRights,
      connectedDevices: async (ids) => await connectedDevices(needs.db, ids),
      mqttSessions: sessions,
      mqttSubscriptions: subscriptions,
      mqttRetained: retained,
      ...{ mqttLive: live, broker, brokerNotes, mqttReaders: readers },
      watchTopics: async (site) => {
        const release = await follower.hold([site]);
        const end = live.watch(site);
        release();
        return end;
      },
    },
    start: () => {
      needs.clockWatch.onStep(() => sweeper.recheck());
      sweeper.start(wills.sweep);
      pruner.start();
    },
    close: async () => {
      sweeper.close();
      pruner.close();
      await settledRows.flush();
      await follower.close();
    },
    gauges: () => ({
      mqttSessions: live.size,
      mqttPublishes: queues.size,
      mqttAcknowledged: settledRows.size,
      mqttReads: follower.size,
    }),
  };
}
