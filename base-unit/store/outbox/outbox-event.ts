import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { Epoch, UnitId, UpdateId } from '#protocol/ids.ts';

/** Results go first, readings last. */
export const PRIORITY = { result: 0, status: 1, readings: 2 } as const;

export interface OutboxEvent {
  readonly seq: number;
  /** The run of the base that gave the number. */
  readonly run: Epoch;
  readonly priority: number;
  /** One of {@link BaseEventBody}, or of a later version's. */
  readonly type: string;
  /** The event as it travels. */
  readonly json: string;
  /** What its times were counted by ({@link Clocks}). */
  readonly clock: number;
}

export function priorityOf(body: BaseEventBody): number {
  switch (body.type) {
    case 'command.finished':
      return PRIORITY.result;
    case 'readings.recorded':
      return PRIORITY.readings;
    case 'unit.presence':
    case 'unit.described':
    case 'unit.event':
    case 'update.changed':
    case 'units.declared':
    case 'readings.dropped':
      return PRIORITY.status;
    default:
      return body satisfies never;
  }
}

/** The unit of an event; undefined: none, and it is never dropped. */
export function unitOf({ type, data }: BaseEventBody): UnitId | undefined {
  switch (type) {
    case 'readings.recorded':
    case 'readings.dropped':
    case 'unit.event':
    case 'unit.presence':
    case 'unit.described':
    case 'update.changed':
      return data.unitId;
    case 'command.finished':
    case 'units.declared':
      return undefined;
    default:
      return type satisfies never;
  }
}

/** Which order an event is about, where a newer one of the same order supersedes it. */
export function updateOf(body: BaseEventBody): UpdateId | undefined {
  return body.type === 'update.changed' ? body.data.updateId : undefined;
}
