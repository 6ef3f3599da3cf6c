import type { Module } from '#platform/assembly.ts';
import type { CommandsOffers } from '../../commands/module.ts';
import type { BaseConfig } from '../../config/config.ts';
import type { DiscoveryOffers } from '../../discovery/module.ts';
import type { OutboxOffers } from '../../outbox/module.ts';
import type { Foundation } from '../../store/module.ts';
import type { UnitsOffers } from '../../units/module.ts';
import type { UpdatesOffers } from '../../updates/module.ts';
import type { HubLinkOffers } from '../module.ts';
import { ChannelClient } from './channel-client.ts';
import { keepOffset } from './keep-offset.ts';
import { LogFollower } from './log-follower.ts';
import { canReachHub } from './reach-hub.ts';

export interface ChannelNeeds
  extends
    Foundation,
    Pick<HubLinkOffers, 'signer' | 'offset' | 'hubIdentity' | 'http' | 'unanswered'>,
    Pick<OutboxOffers, 'pump' | 'hubReached'>,
    Pick<DiscoveryOffers, 'finder'>,
    Pick<UnitsOffers, 'registry' | 'declarations'>,
    Pick<CommandsOffers, 'router' | 'progress'>,
    Pick<UpdatesOffers, 'orders' | 'transfers'> {
  readonly config: BaseConfig;
}

export interface ChannelOffers {
  readonly channel: ChannelClient;
}

/** The channel: the hub's log for this base, and the base's best-effort messages. */
export function channelModule(needs: ChannelNeeds): Module<ChannelOffers> {
  const { store, offset, registry, declarations, orders, pump, router } = needs;
  const { hubUrl: origin } = needs.config;
  const log = needs.log.child({ component: 'hub-link' });
  const follower = new LogFollower({
    store,
    commands: router,
    units: {
      replace: (units) => {
        registry.replace(units);
      },
      change: (units, removed) => {
        registry.change(units, removed);
      },
      refresh: () => {
        registry.refresh();
        orders.refresh();
      },
      republishPresence: () => {
        registry.republishPresence();
      },
      describeAgain: declarations.describeAgain,
    },
    log: needs.log.child({ component: 'log-follower' }),
  });
  const channel = new ChannelClient({
    ...needs,
    log,
    follower,
    identity: needs.hubIdentity,
    origin,
    canReach: async () => canReachHub(origin),
    clockKnown: () => {
      keepOffset({ store, offset, log });
    },
    online: () => {
      pump.wake();
      orders.wake();
    },
  });
  needs.unanswered.follow(() => {
    channel.suspect();
  });
  needs.hubReached.follow(() => {
    channel.hubReached();
  });
  needs.progress.follow((progress) => {
    channel.progress(progress);
  });
  needs.transfers.follow((transfer) => {
    channel.transfer(transfer);
  });
  return {
    offers: { channel },
    start: () => {
      channel.start();
    },
    close: () => {
      channel.close();
    },
  };
}
