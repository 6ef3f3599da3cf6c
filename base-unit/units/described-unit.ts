import type { UnitDescribed } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { ResetReason, type UnitParty } from '#protocol/unit-link/unit_link_pb.ts';

const RESET_REASONS = new Map<ResetReason, UnitDescribed['resetReason']>([
  [ResetReason.POWER_ON, 'power_on'],
  [ResetReason.EXTERNAL, 'external'],
  [ResetReason.SOFTWARE, 'software'],
  [ResetReason.WATCHDOG, 'watchdog'],
  [ResetReason.EXCEPTION, 'exception'],
  [ResetReason.DEEP_SLEEP, 'deep_sleep'],
]);

export function formatBootId(bootId: number): string {
  return bootId.toString(16).padStart(8, '0');
}

/** What the hub is told of a unit that said hello. */
export function describedOf(unit: {
  readonly unitId: UnitId;
  readonly party: UnitParty;
  readonly thing: ThingDescription;
  readonly startedAtMs: number;
}): UnitDescribed {
  const { party, thing } = unit;
  return {
    unitId: unit.unitId,
    hardwareId: party.hardwareId,
    model: party.model,
    firmwareVersion: party.firmwareVersion,
    sessionPolicy: thing['sb:session'],
    bootId: formatBootId(party.bootId),
    resetReason: RESET_REASONS.get(party.resetReason) ?? 'unspecified',
    startedAtMs: Math.max(0, Math.round(unit.startedAtMs)),
    description: thing,
  };
}
