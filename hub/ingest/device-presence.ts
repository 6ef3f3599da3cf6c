import type { DeviceId } from '#protocol/ids.ts';
import type { UnitState } from '#protocol/presence.ts';
import type { Clock } from '#platform/clock.ts';
import { connectionOf } from '../store/device-commands.ts';
import { claimReports, wrongPresences } from '../store/mapped-units.ts';
import type { Db } from '../store/schema.ts';
import type { Work } from '../store/unit-of-work.ts';
import { findPlainUnit } from '../store/units.ts';
import { reportContext } from './command-ends.ts';
import type { MappedDevice } from './mapped-devices.ts';
import type { TelemetryIntake } from './telemetry-intake.ts';

export interface DevicePresenceDeps {
  readonly telemetry: Pick<TelemetryIntake, 'accept'>;
  readonly clock: Clock;
}

/** A unit that is a device is ready while the device is connected, at whichever hub. */
export class DevicePresence {
  readonly #deps: DevicePresenceDeps;

  constructor(deps: DevicePresenceDeps) {
    this.#deps = deps;
  }

  async isRight(db: Db, device: MappedDevice): Promise<boolean> {
    return (await this.#wanted(db, device)) === undefined;
  }

  /** Devices whose unit's presence differs from that of their session. */
  readonly wrong = async (db: Db): Promise<readonly DeviceId[]> => await wrongPresences(db);

  async correct(work: Work, device: MappedDevice): Promise<void> {
    const state = await this.#wanted(work.tx, device);
    if (state === undefined) return;
    const { telemetry, clock } = this.#deps;
    const { unit } = device;
    const nowMs = clock.nowMs();
    const seq = await claimReports(work.tx, unit.key, 1);
    const data = { unitId: unit.id, state, atMs: nowMs, lastContactAtMs: nowMs };
    await telemetry.accept(
      { type: 'unit.presence', data },
      reportContext(work, unit, { seq, nowMs }),
    );
  }

  /** Undefined: as it is. */
  async #wanted(db: Db, { unit }: MappedDevice): Promise<UnitState | undefined> {
    const stored = await findPlainUnit(db, unit.id);
    if (!stored) return undefined;
    const isThere = (await connectionOf(db, unit.device.id)) !== undefined;
    const isReady = stored.presence.state === 'ready';
    if (isThere === isReady) return undefined;
    if (isThere) return 'ready';
    return stored.presence.state === 'init' ? undefined : 'lost';
  }
}
