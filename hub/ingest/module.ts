import type { BasesOffers } from '../domain/bases/module.ts';
import type { CommandsOffers } from '../domain/commands/module.ts';
import type { HubsOffers } from '../domain/hubs/module.ts';
import type { MqttOffers } from '../domain/mqtt/module.ts';
import type { ReadingsOffers } from '../domain/readings/module.ts';
import type { RolloutsOffers } from '../domain/rollouts/module.ts';
import type { UnitsOffers } from '../domain/units/module.ts';
import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../store/module.ts';
import { CommandEnds } from './command-ends.ts';
import { DeviceAnnouncements } from './device-announcements.ts';
import { DeviceCourier } from './device-courier.ts';
import { DeviceIntake } from './device-intake.ts';
import { DevicePresence } from './device-presence.ts';
import { DeviceReports } from './device-reports.ts';
import { EventIntake } from './event-intake.ts';
import { GivenCommands } from './given-commands.ts';
import { MappedDevices } from './mapped-devices.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { WebhookVerifier } from './webhook-verifier.ts';

export interface IngestNeeds
  extends
    Foundation,
    Pick<BasesOffers, 'bases' | 'links' | 'baseShares'>,
    Pick<UnitsOffers, 'directory' | 'owned' | 'unitReports'>,
    Pick<CommandsOffers, 'commandReports'>,
    Pick<ReadingsOffers, 'readings'>,
    Pick<RolloutsOffers, 'updateReports'>,
    Pick<MqttOffers, 'broker' | 'mqttLive' | 'mqttReaders'>,
    Pick<HubsOffers, 'lease'> {}

export interface IngestOffers {
  readonly verifier: WebhookVerifier;
  /** Bases' webhooks. */
  readonly intake: EventIntake;
  /** For whatever source. */
  readonly telemetry: TelemetryIntake;
  readonly deviceCourier: DeviceCourier;
}

export function ingestModule(needs: IngestNeeds): Module<IngestOffers> {
  const log = needs.log.child({ component: 'events' });
  const telemetry = new TelemetryIntake(needs);
  const deviceLog = needs.log.child({ component: 'devices' });
  const devices = new MappedDevices();
  const given = new GivenCommands();
  const ends = new CommandEnds({ telemetry, given, clock: needs.clock });
  const reports = new DeviceReports({ telemetry, ends, given });
  const announcements = new DeviceAnnouncements({ clock: needs.clock, log: deviceLog });
  const deviceIntake = new DeviceIntake({
    ...{ ...needs, log: deviceLog, devices, reports, announcements },
  });
  const presence = new DevicePresence({ telemetry, clock: needs.clock });
  const deviceCourier = new DeviceCourier({
    ...{ db: needs.db, unitOfWork: needs.unitOfWork, clock: needs.clock, log: deviceLog },
    ...{ hubId: needs.lease.id, isShared: needs.isShared, live: needs.mqttLive },
    ...{ broker: needs.broker, devices, presence, ends, given, reports: needs.commandReports },
  });
  needs.mqttReaders.register(deviceIntake);
  needs.unitOfWork.follow(deviceCourier);
  return {
    start: () => deviceCourier.start(),
    close: async () => {
      await deviceIntake.close();
      await deviceCourier.close();
    },
    gauges: () => ({
      deviceMessages: deviceIntake.size,
      deviceMessagesLost: deviceIntake.lost,
      deviceLooks: deviceCourier.size,
      deviceCommands: given.size,
    }),
    offers: {
      verifier: new WebhookVerifier(needs),
      ...{ telemetry, deviceCourier },
      intake: new EventIntake({ ...needs, log, shares: needs.baseShares, telemetry }),
    },
  };
}
