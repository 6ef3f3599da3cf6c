import type { UnitDescribed } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';

/**
 * The identity that a unit reports, whatever its protocol; or the base's substitute if
 * it cannot.
 */
export interface UnitIdentity {
  readonly hardwareId: string;
  readonly model: string;
  /** Empty if the unit does not report it. */
  readonly firmwareVersion: string;
  /** Names one run of the unit, in eight hexadecimal digits. */
  readonly bootId: string;
  readonly resetReason: UnitDescribed['resetReason'];
  /** Its uptime at that moment. */
  readonly uptimeMs: number;
  /** It accepts only firmware updates. */
  readonly safeMode: boolean;
  /** It runs firmware that it has not confirmed yet. */
  readonly unconfirmed: boolean;
}

/** As it is named everywhere but on the wire. */
export function formatBootId(bootId: number): string {
  return bootId.toString(16).padStart(8, '0');
}

/** The report to the hub about a unit after its hello. */
export function describedOf(unit: {
  readonly unitId: UnitId;
  readonly identity: UnitIdentity;
  readonly thing: ThingDescription;
  readonly startedAtMs: number;
}): UnitDescribed {
  const { identity, thing } = unit;
  return {
    unitId: unit.unitId,
    hardwareId: identity.hardwareId,
    model: identity.model,
    firmwareVersion: identity.firmwareVersion,
    sessionPolicy: thing['sb:session'],
    bootId: identity.bootId,
    resetReason: identity.resetReason,
    startedAtMs: Math.max(0, Math.round(unit.startedAtMs)),
    description: thing,
  };
}
