import { BaseId, newId, UnitId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import type { ManualClock } from '#platform/testing/manual-clock.ts';
import { driverOf } from '../drivers/driver-of.ts';
import { nodeCrypto } from '../drivers/framed/node-crypto.ts';
import type { UnitDriver } from '../drivers/port/unit-driver.ts';
import type { UnitTransport } from '../drivers/transport/unit-transport.ts';
import type { UnitProtection } from '../store/unit-protection.ts';
import { testLog } from './test-base.ts';

export interface DriverSetting {
  readonly link: UnitLinkKind;
  readonly address: UnitAddress;
  readonly transport: UnitTransport;
  readonly clock: ManualClock;
  readonly protection: UnitProtection;
}

/** The driver of one unit, as a session gets it. */
export function driverFor({
  link,
  address,
  transport,
  clock,
  protection,
}: DriverSetting): UnitDriver {
  const known = new Map<string, ThingDescription>();
  const permit = () => new Semaphore({ permits: 8, maxQueued: 8 });
  const driver = driverOf(
    {
      ...{ unitId: newId(UnitId), origin: 'hub', name: 'Unit', address, link },
      ...{ hardwareId: null, lastReported: null, update: null },
    },
    {
      ...{ clock, transport, log: testLog, random: () => 0.5, crypto: nodeCrypto },
      baseId: newId(BaseId),
      protectionOf: () => protection,
      permits: { dial: permit(), handshake: permit() },
      descriptions: {
        find: (hash) => known.get(hash),
        put: (thing) => known.set(thing['sb:schemaHash'], thing),
      },
      sensorIntervalMs: 200,
      clockQuality: () => 'synced',
      sampleMark: () => undefined,
    },
  );
  atTestEnd.add(() => {
    driver.close();
    // A second time changes nothing.
    driver.close();
  });
  return driver;
}
