import type { AccountsOffers } from '../domain/accounts/module.ts';
import type { BasesOffers } from '../domain/bases/module.ts';
import type { ChannelsOffers } from '../domain/channels/module.ts';
import type { CommandsOffers } from '../domain/commands/module.ts';
import type { HubsOffers } from '../domain/hubs/module.ts';
import type { MqttOffers } from '../domain/mqtt/module.ts';
import type { RolloutsOffers } from '../domain/rollouts/module.ts';
import type { UnitsOffers } from '../domain/units/module.ts';
import type { WebhooksOffers } from '../domain/webhooks/module.ts';
import type { Module } from '#platform/assembly.ts';
import type { Publisher } from '../kernel/publisher.ts';
import type { Foundation } from '../store/module.ts';
import { type EventConsumer, EventConsumers } from './event-consumers.ts';
import { WallTimers } from '../kernel/wall-timers.ts';
import { EventPages } from './event-pages.ts';
import { EventStreams } from './event-streams.ts';
import { ReadingPages } from './reading-pages.ts';
import { SiteChannel } from './site-channel.ts';
import { SiteParts } from './site-parts.ts';
import { TopicStreams } from './topic-streams.ts';
import { SiteResume } from './site-resume.ts';
import { webhookConsumer } from './webhook-consumer.ts';
import { WebhookDispatcher } from './webhooks/webhook-dispatcher.ts';
import { WebhookSender } from './webhooks/webhook-sender.ts';

export interface DeliveryNeeds
  extends
    Foundation,
    Pick<HubsOffers, 'lease'>,
    Pick<AccountsOffers, 'revocations'>,
    Pick<BasesOffers, 'baseViews'>,
    Pick<UnitsOffers, 'directory' | 'views'>,
    Pick<CommandsOffers, 'live'>,
    Pick<ChannelsOffers, 'rightsAudit'>,
    Pick<RolloutsOffers, 'rolloutViews'>,
    Pick<MqttOffers, 'mqttReaders' | 'watchTopics'>,
    WebhooksOffers {
  readonly publisher: Publisher;
  /** Additional consumers of the stored events, each with its own cursor. */
  readonly eventConsumers: readonly EventConsumer[];
  /** How webhooks are sent. */
  readonly webhookSending: WebhookSending;
}

export interface WebhookSending {
  /** For one attempt. */
  readonly timeoutMs?: number | undefined;
  /** Certificate authorities of the endpoints, as PEM; default: those of Node. */
  readonly ca?: string | undefined;
}

export interface DeliveryOffers {
  readonly siteChannel: SiteChannel;
  readonly siteResume: SiteResume;
  readonly eventPages: EventPages;
  readonly readingPages: ReadingPages;
  readonly eventStreams: EventStreams;
  readonly topicStreams: TopicStreams;
  readonly consumers: EventConsumers;
}

export function deliveryModule(needs: DeliveryNeeds): Module<DeliveryOffers> {
  const { unitOfWork, clockWatch, publisher, directory, baseViews: bases } = needs;
  const log = (component: string) => needs.log.child({ component });
  const parts = new SiteParts({
    directory,
    bases,
    units: needs.views,
    rollouts: needs.rolloutViews,
  });
  const eventPages = new EventPages(needs);
  const deadlines = new WallTimers(needs.clock);
  const readingPages = new ReadingPages(needs);
  const eventStreams = new EventStreams({ ...needs, pages: eventPages, readingPages, deadlines });
  const topicStreams = new TopicStreams({ ...needs, deadlines });
  needs.mqttReaders.follow(topicStreams.shown);
  needs.rightsAudit.register(topicStreams.rightsInUse);
  const consumers = new EventConsumers({ ...needs, hubId: needs.lease.id, log: log('consumers') });
  for (const consumer of needs.eventConsumers) consumers.register(consumer);
  const { webhookInterests: interests, webhookSweeper: sweeper, webhookPolicy: policy } = needs;
  const wake = (): void => sweeper.expect(needs.clock.nowMs());
  consumers.register(webhookConsumer({ ...needs, interests, wake }));
  interests.marked.follow(() => consumers.wake());
  const sender = new WebhookSender({ ...needs.webhookSending, policy, clock: needs.clock });
  const dispatcher = new WebhookDispatcher({
    ...{ ...needs, hubId: needs.lease.id, log: log('webhooks'), sender, sweeper },
    schedule: needs.webhookSchedule,
    secrets: needs.webhookSecrets,
  });
  unitOfWork.markFor(consumers);
  unitOfWork.follow(consumers);
  const siteResume = new SiteResume({ ...needs, parts, bases });
  const siteChannel = new SiteChannel({
    ...{ parts, publisher, log: log('channel') },
    resume: siteResume,
  });
  unitOfWork.follow(siteChannel);
  unitOfWork.follow(eventStreams);
  needs.rightsAudit.register(eventStreams.rightsInUse);
  return {
    offers: {
      ...{
        siteChannel,
        siteResume,
        eventPages,
        readingPages,
        eventStreams,
        topicStreams,
        consumers,
      },
    },
    start: async () => {
      clockWatch.onStep(() => deadlines.recheck());
      await consumers.start();
      dispatcher.start();
    },
    close: async () => {
      eventStreams.close();
      topicStreams.close();
      await consumers.close();
      await dispatcher.close();
      await sender.close();
    },
    gauges: () => ({
      eventStreams: eventStreams.size,
      topicStreams: topicStreams.size,
      webhookAttempts: dispatcher.size,
    }),
  };
}
