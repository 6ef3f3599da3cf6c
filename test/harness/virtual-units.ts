import { ManualClock } from '#platform/testing/manual-clock.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import type { Tampering } from '../../firmware/virtual/tampering.ts';
import { buildUnit, type UnitKind } from '../../firmware/virtual/unit-kinds.ts';
import { UnitServer } from '../../firmware/virtual/unit-server.ts';
import type { UnitEncryption, VirtualUnit } from '../../firmware/virtual/virtual-unit.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

export interface VirtualUnitOptions {
  readonly kind: UnitKind;
  readonly hardwareId?: string;
  readonly clock?: Clock;
  /** Ways to lie, stall or break off. */
  readonly tampering?: Tampering;
  readonly periodMs?: number;
  readonly encryption?: UnitEncryption;
}

/** A stock unit in this process, which is handed its connections. */
export function virtualUnit(options: VirtualUnitOptions, cleanup: Cleanup): VirtualUnit {
  let boots = 0;
  const { kind, clock = systemClock, hardwareId = `${kind}-test` } = options;
  const newBootId = () => (boots += 1);
  const unit = buildUnit({ ...options, kind, clock, hardwareId, newBootId });
  cleanup.add(() => unit.close());
  return unit;
}

/** The same on a port of its own. */
export async function startVirtualUnit(
  options: VirtualUnitOptions,
  cleanup: Cleanup,
): Promise<{ readonly unit: VirtualUnit; readonly port: number }> {
  const unit = virtualUnit(options, cleanup);
  const server = new UnitServer({ unit, host: '127.0.0.1', port: 0 });
  const port = await server.start();
  cleanup.add(() => server.close());
  return { unit, port };
}

/** Time that base and unit share, and that only a test moves. */
export function manualClock(): ManualClock {
  return new ManualClock();
}

export type { ManualClock, Tampering, VirtualUnit };
