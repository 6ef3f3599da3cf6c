import type {
  EventAffordance,
  PropertyAffordance,
  ThingDescription,
} from '#protocol/thing/thing-description.ts';
import { UnitModel } from '../port/unit-model.ts';

export interface Numbered<T> {
  readonly name: string;
  readonly pid: number;
  readonly affordance: T;
}

/** A description whose affordances are known by their number on the unit link. */
export class NumberedModel extends UnitModel {
  readonly #properties: ReadonlyMap<number, Numbered<PropertyAffordance>>;
  readonly #events: ReadonlyMap<number, Numbered<EventAffordance>>;

  constructor(thing: ThingDescription) {
    super(thing);
    this.#properties = byNumber(thing.properties);
    this.#events = byNumber(thing.events);
  }

  propertyByPid(pid: number): Numbered<PropertyAffordance> | undefined {
    return this.#properties.get(pid);
  }

  eventByPid(pid: number): Numbered<EventAffordance> | undefined {
    return this.#events.get(pid);
  }

  observables(): Numbered<PropertyAffordance>[] {
    return [...this.#properties.values()].filter(({ affordance }) => affordance.observable);
  }
}

/** What has no number cannot be spoken of on this link. */
function byNumber<T extends { 'sb:pid'?: number | undefined }>(
  affordances: Readonly<Record<string, T>>,
): ReadonlyMap<number, Numbered<T>> {
  return new Map(
    Object.entries(affordances).flatMap(([name, affordance]) => {
      const pid = affordance['sb:pid'];
      return pid === undefined ? [] : [[pid, { name, pid, affordance }] as const];
    }),
  );
}
