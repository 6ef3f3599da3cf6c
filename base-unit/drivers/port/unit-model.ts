import type { IssuedCommand } from '#protocol/command/command.ts';
import type {
  ActionAffordance,
  EventAffordance,
  PropertyAffordance,
  ThingDescription,
} from '#protocol/thing/thing-description.ts';

export interface Named<T> {
  readonly name: string;
  readonly affordance: T;
}

/** A unit's description, to be looked up by number. */
export class UnitModel {
  readonly thing: ThingDescription;
  readonly #propertiesByPid: ReadonlyMap<number, Named<PropertyAffordance>>;
  readonly #eventsByPid: ReadonlyMap<number, Named<EventAffordance>>;

  constructor(thing: ThingDescription) {
    this.thing = thing;
    this.#propertiesByPid = byPid(thing.properties);
    this.#eventsByPid = byPid(thing.events);
  }

  property(name: string): PropertyAffordance | undefined {
    return Object.hasOwn(this.thing.properties, name) ? this.thing.properties[name] : undefined;
  }

  action(name: string): ActionAffordance | undefined {
    return Object.hasOwn(this.thing.actions, name) ? this.thing.actions[name] : undefined;
  }

  /** It changes something, and doing it twice is the same as doing it once. */
  isRepeatableWrite({ operation, affordance }: IssuedCommand): boolean {
    switch (operation) {
      case 'readproperty':
        return false;
      case 'writeproperty':
        return this.property(affordance)?.idempotent === true;
      case 'invokeaction':
        return this.action(affordance)?.idempotent === true;
      default:
        return operation satisfies never;
    }
  }

  propertyByPid(pid: number): Named<PropertyAffordance> | undefined {
    return this.#propertiesByPid.get(pid);
  }

  eventByPid(pid: number): Named<EventAffordance> | undefined {
    return this.#eventsByPid.get(pid);
  }

  observables(): Named<PropertyAffordance>[] {
    return [...this.#propertiesByPid.values()].filter(({ affordance }) => affordance.observable);
  }
}

function byPid<T extends { 'sb:pid': number }>(
  affordances: Readonly<Record<string, T>>,
): ReadonlyMap<number, Named<T>> {
  return new Map(
    Object.entries(affordances).map(([name, affordance]) => [
      affordance['sb:pid'],
      { name, affordance },
    ]),
  );
}
