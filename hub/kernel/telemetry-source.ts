import type { Actor } from '#protocol/events/actor.ts';
import type { BaseId, DeviceId, UnitId } from '#protocol/ids.ts';

/**
 * Who brings what units say, proven by its signature, its socket or its session: a base, of all
 * units behind it, or a device, of itself. Whatever it speaks ends in reports of this source,
 * which `hub/ingest/telemetry-intake.ts` accepts.
 */
export type TelemetrySource =
  | { readonly kind: 'base'; readonly id: BaseId }
  | { readonly kind: 'mqtt_device'; readonly id: DeviceId };

/** Who is behind an event that a source reports of a unit. */
export function actorOf(source: TelemetrySource, unitId: UnitId): Actor {
  switch (source.kind) {
    case 'base':
      return { kind: 'base', id: source.id };
    case 'mqtt_device':
      return { kind: 'device', id: unitId };
    default:
      return source satisfies never;
  }
}
