import { readFileSync } from 'node:fs';
import { describe } from 'vitest';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import { systemClock } from '#platform/clock.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { itDrivesUnits } from '../../base-unit/drivers/port/unit-driver.contract.ts';
import { TcpTransport } from '../../base-unit/drivers/transport/tcp-transport.ts';
import { driverFor } from '../../base-unit/testing/driven-unit.ts';
import type { DrivenUnit } from '../../base-unit/testing/driver-talk.ts';
import { LAMP_ABILITIES } from '../../base-unit/testing/lamp-abilities.ts';
import { TcpRelay } from '../harness/tcp-relay.ts';
import { firmwareIsBuilt, newKeyFile, UnitProcess } from '../harness/unit-process.ts';

/** The firmware as a process, behind a relay that can cut it off; time at the base stands still. */
async function firmwareLamp(isEncrypted: boolean): Promise<DrivenUnit> {
  const keyFile = isEncrypted ? newKeyFile(temporaryFolder(atTestEnd)) : undefined;
  const key = keyFile && parseLinkKey(readFileSync(keyFile, 'utf8'));
  const process = new UnitProcess({
    ...{ kind: 'lamp', id: 'driven', implementation: 'firmware', cleanup: atTestEnd },
    ...(keyFile ? { keyFile } : {}),
  });
  await process.start();
  const relay = await TcpRelay.start(() => process.port, atTestEnd);
  const clock = new ManualClock();
  const host = '127.0.0.1';
  const address = { host, port: relay.port };
  return {
    driver: driverFor({
      ...{ link: 'frames', address, clock, transport: new TcpTransport(systemClock) },
      protection: key ? { kind: 'encrypted', key } : { kind: 'plain' },
    }),
    address,
    nowhere: { host, port: 1 },
    clock,
    letPass: () => undefined,
    freeze: () => process.pause(),
    thaw: () => process.resume(),
    cut: () => {
      relay.cut();
      relay.mend();
    },
  };
}

describe.skipIf(!firmwareIsBuilt())('against the C++ unit (npm run build)', () => {
  itDrivesUnits('the framed driver, in plain', () => firmwareLamp(false), LAMP_ABILITIES);
  itDrivesUnits('the framed driver, encrypted', () => firmwareLamp(true), LAMP_ABILITIES);
});
