import type { Affordance, Status, Value } from '#protocol/unit-link/unit_link_pb.ts';

/** What a capability reports to the session by itself. */
export interface UnitNotifier {
  readonly propertyChanged: (pid: number) => void;
  readonly emitEvent: (pid: number, data: Value) => void;
}

export interface WriteAnswer {
  readonly status: Status;
  /** The value now in force, where it is another than the written one. */
  readonly value?: Value;
}

export interface InvokeAnswer {
  readonly status: Status;
  readonly outputs?: readonly Value[];
}

/**
 * One thing a unit can do. The dispatcher has already checked pid, kind,
 * access, argument count, kinds and ranges of values.
 */
export interface Capability {
  readonly affordances: readonly Affordance[];
  readonly read?: (pid: number) => Value | undefined;
  /** Uptime at which the value that `read` gives was measured; now, where absent. */
  readonly measuredAtMs?: (pid: number) => number;
  readonly write?: (pid: number, value: Value, transitionMs: number) => WriteAnswer;
  readonly invoke?: (pid: number, args: readonly Value[]) => InvokeAnswer;
  /** Somebody began or ceased to listen: whoever measures by timer needs none while nobody does. */
  readonly observed?: (pid: number, isObserved: boolean) => void;
  /** Cancels every timer. */
  readonly close?: () => void;
}

/** What a capability is given when its unit is put together. */
export interface CapabilityContext {
  readonly notifier: UnitNotifier;
  readonly uptimeMs: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
}
