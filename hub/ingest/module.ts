import type { BasesOffers } from '../domain/bases/module.ts';
import type { CommandsOffers } from '../domain/commands/module.ts';
import type { ReadingsOffers } from '../domain/readings/module.ts';
import type { RolloutsOffers } from '../domain/rollouts/module.ts';
import type { UnitsOffers } from '../domain/units/module.ts';
import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../store/module.ts';
import { EventIntake } from './event-intake.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { WebhookVerifier } from './webhook-verifier.ts';

export interface IngestNeeds
  extends
    Foundation,
    Pick<BasesOffers, 'bases' | 'links' | 'baseShares'>,
    Pick<UnitsOffers, 'directory' | 'owned' | 'unitReports'>,
    Pick<CommandsOffers, 'commandReports'>,
    Pick<ReadingsOffers, 'readings'>,
    Pick<RolloutsOffers, 'updateReports'> {}

export interface IngestOffers {
  readonly verifier: WebhookVerifier;
  /** Bases' webhooks. */
  readonly intake: EventIntake;
  /** For whatever source. */
  readonly telemetry: TelemetryIntake;
}

export function ingestModule(needs: IngestNeeds): Module<IngestOffers> {
  const log = needs.log.child({ component: 'events' });
  const telemetry = new TelemetryIntake(needs);
  return {
    offers: {
      verifier: new WebhookVerifier(needs),
      telemetry,
      intake: new EventIntake({ ...needs, log, shares: needs.baseShares, telemetry }),
    },
  };
}
