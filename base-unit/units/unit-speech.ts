import { AppError } from '#protocol/errors.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { ConnectPlan } from './connect-unit.ts';
import type { ConnectedUnit } from './connected-unit.ts';
import { FrameSpeech, type FrameSpeechDeps } from './frame-speech.ts';
import { introduceLamp, introduceSensor } from './line/introduce-line-unit.ts';
import { connectLamp } from './line/line-lamp.ts';
import { connectSensor } from './line/line-sensor.ts';

export interface SpeechDeps extends FrameSpeechDeps {
  readonly random: () => number;
  readonly clockQuality: () => ClockQuality;
}

/** How one unit is talked to. */
export interface UnitSpeech {
  /** What is known of it before it was ever reached; undefined: it says that itself. */
  readonly foreknown: Pick<ConnectedUnit, 'party' | 'model'> | undefined;
  /** @throws AppError with the reason that presence will tell. */
  readonly connect: (plan: ConnectPlan) => Promise<ConnectedUnit>;
  /** Forgets what must not outlive the unit's session. */
  readonly close: () => void;
}

/** The only place that asks which kind of link a unit has. */
export function speechOf(unit: StoredUnit, deps: SpeechDeps): UnitSpeech {
  switch (unit.link) {
    case 'frames':
      return new FrameSpeech(unit, deps);
    case 'line-sensor': {
      const foreknown = introduceSensor(unit.unitId, deps.random);
      const counter = { seq: 0 };
      return inLines(unit, deps, {
        foreknown,
        connect: async (plan) => connectSensor(foreknown, plan, { ...deps, counter }),
      });
    }
    case 'line-lamp': {
      const foreknown = introduceLamp(unit.unitId, deps.random);
      return inLines(unit, deps, {
        foreknown,
        connect: async (plan) => connectLamp(foreknown, plan, deps),
      });
    }
    default:
      return unit.link satisfies never;
  }
}

/**
 * Lines are plain by nature, and whoever says that a unit speaks them says so.
 * But where the base has a key its own word counts: nobody else's makes it
 * speak plain to that unit.
 */
function inLines(
  unit: StoredUnit,
  { protectionOf }: SpeechDeps,
  { foreknown, connect }: Omit<UnitSpeech, 'close'>,
): UnitSpeech {
  return {
    foreknown,
    connect: async (plan) => {
      const { kind } = protectionOf({ ...unit, address: plan.address });
      if (kind === 'encrypted') throw new AppError('unit_encryption_missing');
      return connect(plan);
    },
    close: () => undefined,
  };
}
