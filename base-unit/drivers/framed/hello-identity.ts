import { ResetReason, type UnitParty } from '#protocol/unit-link/unit_link_pb.ts';
import { formatBootId, type UnitIdentity } from '../port/unit-identity.ts';

const RESET_REASONS = new Map<ResetReason, UnitIdentity['resetReason']>([
  [ResetReason.POWER_ON, 'power_on'],
  [ResetReason.EXTERNAL, 'external'],
  [ResetReason.SOFTWARE, 'software'],
  [ResetReason.WATCHDOG, 'watchdog'],
  [ResetReason.EXCEPTION, 'exception'],
  [ResetReason.DEEP_SLEEP, 'deep_sleep'],
]);

/** The identity in a unit's hello. */
export function identityOf(party: UnitParty): UnitIdentity {
  return {
    hardwareId: party.hardwareId,
    model: party.model,
    firmwareVersion: party.firmwareVersion,
    bootId: formatBootId(party.bootId),
    resetReason: RESET_REASONS.get(party.resetReason) ?? 'unspecified',
    uptimeMs: Number(party.uptimeMs),
    safeMode: party.safeMode,
    unconfirmed: party.unconfirmed,
  };
}
