import { STAGE } from '#protocol/command/command-stage.ts';
import type { CommandOutcome } from '#protocol/command/command-state.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandId, DeviceId, Epoch, UnitId } from '#protocol/ids.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { Clock } from '#platform/clock.ts';
import type { ReportContext } from '../domain/units/unit-reports.ts';
import { removeDeviceCommand } from '../store/device-commands.ts';
import { claimReports } from '../store/mapped-units.ts';
import type { Work } from '../store/unit-of-work.ts';
import type { GivenCommands } from './given-commands.ts';
import type { TelemetryIntake } from './telemetry-intake.ts';

/** A unit that is a device, as far as its reports need to know it. */
export interface ReportingUnit {
  readonly key: number;
  readonly id: UnitId;
  readonly epoch: Epoch;
  readonly device: { readonly id: DeviceId };
}

export interface CommandEnd {
  readonly id: CommandId;
  readonly outcome: CommandOutcome;
  readonly code?: ErrorCode;
  readonly output?: ScalarValue | undefined;
  /** By the word of the device itself. */
  readonly isAnswered?: boolean;
}

/** The report of a device, with this number. */
export function reportContext(
  work: Work,
  unit: ReportingUnit,
  at: { readonly seq: number; readonly nowMs: number },
): ReportContext {
  const { seq, nowMs } = at;
  return {
    source: { kind: 'mqtt_device', id: unit.device.id },
    ...{ epoch: unit.epoch, seq, latestMs: nowMs, clock: 'synced', work },
    // The times are the hub's own: it took them when the message came.
    hubTime: (atMs) => Math.min(atMs, nowMs),
  };
}

/** Ends commands of devices, as a report of the device would. */
export class CommandEnds {
  readonly #deps: {
    readonly telemetry: Pick<TelemetryIntake, 'accept'>;
    readonly given: GivenCommands;
    readonly clock: Clock;
  };

  constructor(deps: {
    readonly telemetry: Pick<TelemetryIntake, 'accept'>;
    readonly given: GivenCommands;
    readonly clock: Clock;
  }) {
    this.#deps = deps;
  }

  async end(work: Work, unit: ReportingUnit, end: CommandEnd): Promise<void> {
    const { telemetry, given, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const { id, outcome, code, output } = end;
    const answered = end.isAnswered ? [{ stage: STAGE.unitReplied, atMs: nowMs }] : [];
    const data = {
      ...{ commandId: id, outcome },
      ...(code === undefined ? {} : { code }),
      ...(output === undefined ? {} : { output }),
      trace: [...(given.get(id)?.steps ?? []), ...answered],
    };
    const seq = await claimReports(work.tx, unit.key, 1);
    await telemetry.accept(
      { type: 'command.finished', data },
      reportContext(work, unit, { seq, nowMs }),
    );
    await removeDeviceCommand(work.tx, id);
    work.wake(() => given.end(id));
  }
}
