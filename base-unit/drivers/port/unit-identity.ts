import type { UnitDescribed } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';

/** Who a unit says it is, whatever its driver speaks; or what the base says where it cannot. */
export interface UnitIdentity {
  readonly hardwareId: string;
  readonly model: string;
  /** Empty where the unit does not say it. */
  readonly firmwareVersion: string;
  /** Names one run of the unit, in eight hexadecimal digits. */
  readonly bootId: string;
  readonly resetReason: UnitDescribed['resetReason'];
  /** How long this run had lasted when it said so. */
  readonly uptimeMs: number;
  /** It does nothing but take firmware. */
  readonly safeMode: boolean;
  /** It runs firmware that it has not confirmed yet. */
  readonly unconfirmed: boolean;
}

/** As it is named everywhere but on the wire. */
export function formatBootId(bootId: number): string {
  return bootId.toString(16).padStart(8, '0');
}

/** What is reported to the hub of a unit that said who it is. */
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
