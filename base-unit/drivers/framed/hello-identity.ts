import { ResetReason, type UnitHello } from '#protocol/unit-link/unit_link_pb.ts';
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
export function identityOf(hello: UnitHello): UnitIdentity {
  return {
    hardwareId: hello.hardwareId,
    model: hello.model,
    firmwareVersion: hello.firmwareVersion,
    bootId: formatBootId(hello.bootId),
    resetReason: RESET_REASONS.get(hello.resetReason) ?? 'unspecified',
    uptimeMs: Number(hello.uptimeMs),
    safeMode: hello.safeMode,
    unconfirmed: hello.unconfirmed,
  };
}
