import { randomBytes } from 'node:crypto';
import type { Module } from '#platform/assembly.ts';
import type { AccountsOffers } from '../domain/accounts/module.ts';
import type { BasesOffers } from '../domain/bases/module.ts';
import type { ChannelsOffers } from '../domain/channels/module.ts';
import type { CommandsOffers } from '../domain/commands/module.ts';
import type { HubsOffers } from '../domain/hubs/module.ts';
import { sharedSetting } from '../domain/hubs/shared-setting.ts';
import type { MqttOffers } from '../domain/mqtt/module.ts';
import type { UnitsOffers } from '../domain/units/module.ts';
import type { DeliveryOffers } from '../delivery/module.ts';
import type { Publisher } from '../kernel/publisher.ts';
import { endedAmong } from '../store/commands.ts';
import type { Foundation } from '../store/module.ts';
import { findBase } from '../store/bases.ts';
import { BaseRequests } from './base-requests.ts';
import { BrokerLink } from './broker-link.ts';
import type { Bus } from './bus.ts';
import { Lookout } from './lookout.ts';
import { hintsOf } from './outcome-hints.ts';
import { RemoteChanges } from './remote-changes.ts';
import { WaitersLook } from './waiters-look.ts';
import { WatchedSites } from './watched-sites.ts';

export interface ClusterNeeds
  extends
    Foundation,
    HubsOffers,
    Pick<AccountsOffers, 'revocations'>,
    Pick<BasesOffers, 'links' | 'connections' | 'unitFinder'>,
    Pick<UnitsOffers, 'directory'>,
    Pick<CommandsOffers, 'live'>,
    Pick<ChannelsOffers, 'rightsAudit'>,
    Pick<MqttOffers, 'brokerNotes'>,
    Pick<DeliveryOffers, 'siteChannel' | 'eventStreams' | 'consumers'> {
  /** Closed by its owner; undefined where no other hub can work on the same database. */
  readonly bus: Bus | undefined;
  readonly publisher: Publisher;
}

/** This hub among others: hints at what it stores, and follows what they store. */
export function clusterModule(needs: ClusterNeeds): Module<object> {
  const { bus, db, clock, unitOfWork, lease, links, revocations, waiters } = needs;
  if (!bus) return { offers: {} };
  const { publisher, siteChannel, eventStreams, consumers, directory, rightsAudit } = needs;
  const log = needs.log.child({ component: 'cluster' });
  const watched = new WatchedSites({ bus, clock, here: () => publisher.watchedSites() });
  const waitersLook = new WaitersLook({
    clock,
    log,
    waiters,
    endedAmong: (ids) => endedAmong(db, ids),
  });
  const look = async (): Promise<void> => {
    // First what must not be used any more, then what is late.
    revocations.announce({ kind: 'unheard' }, 'another hub');
    directory.forgetAll();
    await rightsAudit.run();
    await links.look(db);
    consumers.wake();
    eventStreams.wake();
    for (const site of publisher.watchedSites()) siteChannel.look(site);
    await needs.brokerNotes.look();
  };
  // A hub that has just begun is heard before it is looked up.
  const hasOthers = (): boolean => lease.peers.length > 0 || bus.hearsOthers();
  const broker = new BrokerLink({ bus, clock, hasOthers, notes: needs.brokerNotes });
  needs.brokerNotes.reachOthersBy(broker);
  const requests = new BaseRequests({
    ...{ bus, clock, links, hubId: lease.id },
    hubOf: async (baseId) => (await findBase(db, baseId))?.connection?.hubId,
  });
  needs.unitFinder.reachOthersBy(requests);
  const lookout = new Lookout({ bus, lease, clock, log, look });
  const remote = new RemoteChanges({
    ...needs,
    log,
    watched,
    requests,
    broker,
    publish: unitOfWork.publishRemote,
    isFollowed: (site) => publisher.isWatched(site) || eventStreams.follows(site),
    missed: lookout.missed,
    look: (site) => siteChannel.look(site),
  });
  bus.listen(remote);
  siteChannel.onBegin(watched.begun);
  siteChannel.onFailure(lookout.missed);
  unitOfWork.followOwn({
    committed: (outcome) => {
      // Alone there is nobody to send a hint to.
      if (hasOthers()) bus.publish(hintsOf(outcome, watched.isWatchedElsewhere));
    },
  });
  revocations.listen((revocation, at) => {
    if (at === 'this hub' && revocation.kind !== 'unheard')
      bus.publish([{ kind: 'revoked', revocation }]);
  });
  needs.connections.onTakeover((base, { connection }) =>
    bus.publish([{ kind: 'superseded', base, connection }]),
  );
  return {
    offers: {},
    // Before anyone is connected whom a hint could be about.
    open: async () => bus.start(await sharedSetting(needs, 'bus_key', newBusKey)),
    start: () => {
      watched.start();
      broker.start();
      lookout.start();
      waitersLook.start();
    },
    gauges: () => ({ remoteRequests: requests.size }),
    close: async () => {
      waitersLook.close();
      watched.close();
      broker.close();
      await lookout.close();
      await remote.close();
    },
  };
}

const KEY_BYTES = 32;

function newBusKey(): Promise<string> {
  return Promise.resolve(randomBytes(KEY_BYTES).toString('base64url'));
}
