import type { Module } from '#platform/assembly.ts';
import { Sweeper } from '../../kernel/sweeper.ts';
import { releaseOfGoneHubs } from '../../store/webhook-claims.ts';
import type { Foundation } from '../../store/module.ts';
import type { Work } from '../../store/unit-of-work.ts';
import type { HubsOffers } from '../hubs/module.ts';
import { DeliveryService } from './delivery-service.ts';
import { deliveryPruner } from './delivery-pruner.ts';
import { RetrySchedule, type RetryScheduleOptions } from './retry-schedule.ts';
import type { SecretBox } from './secret-box.ts';
import { SharedBox } from './shared-box.ts';
import { type ResolveName, TargetPolicy } from './target-policy.ts';
import { WebhookInterests } from './webhook-interests.ts';
import { WebhookService } from './webhook-service.ts';
import { WebhookViews } from './webhook-views.ts';

export interface WebhooksNeeds extends Foundation, Pick<HubsOffers, 'lease'> {
  /** Of this installation, that webhooks may be in. */
  readonly webhookNetworks: readonly string[];
  readonly webhookRetries: RetryScheduleOptions;
  readonly resolveName: ResolveName;
}

export interface WebhooksOffers {
  readonly webhooks: WebhookService;
  readonly webhookViews: WebhookViews;
  readonly deliveries: DeliveryService;
  readonly webhookInterests: WebhookInterests;
  readonly webhookPolicy: TargetPolicy;
  readonly webhookSchedule: RetrySchedule;
  readonly webhookSecrets: () => SecretBox;
  /** Wakes up when an attempt is due. */
  readonly webhookSweeper: Sweeper;
}

export function webhooksModule(needs: WebhooksNeeds): Module<WebhooksOffers> {
  const { db, clock, lease, unitOfWork } = needs;
  const log = needs.log.child({ component: 'webhooks' });
  const policy = new TargetPolicy({ networks: needs.webhookNetworks, resolve: needs.resolveName });
  const sweeper = new Sweeper({ ...needs, log });
  const interests = new WebhookInterests({ ...needs, log });
  const pruner = deliveryPruner({ ...needs, log });
  const box = new SharedBox();
  const wake = (): void => sweeper.expect(clock.nowMs());
  const release = async ({ tx, wake: wakeAfter }: Work): Promise<void> => {
    await releaseOfGoneHubs(tx, clock.nowMs());
    wakeAfter(wake);
  };
  lease.hold({ beganAlone: release, hubsGone: release });
  unitOfWork.follow(interests);
  return {
    offers: {
      webhooks: new WebhookService({ ...needs, log, policy, box: box.current, wake }),
      webhookViews: new WebhookViews({ db, clock }),
      deliveries: new DeliveryService({ ...needs, wake }),
      webhookInterests: interests,
      webhookPolicy: policy,
      webhookSchedule: new RetrySchedule(needs.webhookRetries),
      webhookSecrets: box.current,
      webhookSweeper: sweeper,
    },
    open: async () => {
      await box.open(needs);
      await interests.open();
    },
    start: () => {
      needs.clockWatch.onStep(() => sweeper.recheck());
      interests.start();
      pruner.start();
    },
    close: async () => {
      pruner.close();
      sweeper.close();
      await interests.close();
    },
  };
}
