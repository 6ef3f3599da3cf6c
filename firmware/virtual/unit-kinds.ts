import { createHash } from 'node:crypto';
import { SessionPolicy } from '#protocol/unit-link/unit_link_pb.ts';
import { BoardServices } from './board-services.ts';
import type { Capability } from './capability.ts';
import type { Clock } from '#platform/clock.ts';
import type { CommandObserver } from './dispatcher.ts';
import { Lamp, type LampOptions } from './lamp.ts';
import { LightSensor, madeUpLight } from './light-sensor.ts';
import type { Tampering } from './tampering.ts';
import { type UnitEncryption, type UnitInside, VirtualUnit } from './virtual-unit.ts';

export const UNIT_KINDS = ['lamp', 'light_sensor'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

export interface UnitOptions {
  readonly kind: UnitKind;
  readonly hardwareId: string;
  readonly clock: Clock;
  readonly newBootId: () => number;
  readonly tampering?: Tampering;
  readonly observer?: CommandObserver;
  readonly encryption?: UnitEncryption;
  readonly lamp?: LampOptions;
  /** Pace of the light sensor. */
  readonly periodMs?: number;
  /** Of the made-up measurements. */
  readonly seed?: number;
}

/** Tells a stand-in from a board in the hub's list of units. */
const FIRMWARE_VERSION = '0.1.0-virtual';
const LAMP_PINS = [12, 13, 14];

/** A unit of stock, with the same numbers and names as firmware/units. */
export function buildUnit(options: UnitOptions): VirtualUnit {
  const { kind, hardwareId, clock, newBootId, tampering, observer, encryption } = options;
  const isLamp = kind === 'lamp';
  return new VirtualUnit({
    clock,
    newBootId,
    ...(tampering ? { tampering } : {}),
    ...(observer ? { observer } : {}),
    ...(encryption ? { encryption } : {}),
    identity: {
      hardwareId,
      model: isLamp ? 'rgb-lamp' : 'light-sensor',
      firmwareVersion: FIRMWARE_VERSION,
      sessionPolicy: isLamp ? SessionPolicy.ON_DEMAND : SessionPolicy.HELD,
    },
    build: (inside) => [
      isLamp ? new Lamp(inside, options.lamp) : buildSensor(inside, options),
      boardOf(inside, hardwareId, isLamp ? LAMP_PINS : []),
    ],
  });
}

function buildSensor(inside: UnitInside, { periodMs = 200, seed = 1 }: UnitOptions): Capability {
  return new LightSensor(inside, { periodMs, luxAt: madeUpLight(seed) });
}

function boardOf(inside: UnitInside, hardwareId: string, ownPins: number[]): Capability {
  const digits = createHash('sha256').update(hardwareId).digest('hex').slice(0, 10);
  return new BoardServices(inside, {
    // 02: locally administered, so that it is nobody's real address.
    mac: ['02', ...(digits.match(/../g) ?? [])].join(':').toUpperCase(),
    ip: '127.0.0.1',
    ownPins,
    clock: inside.wallClock,
    restart: inside.restart,
  });
}
