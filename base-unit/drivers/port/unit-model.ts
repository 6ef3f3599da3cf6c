import type { IssuedCommand } from '#protocol/command/command.ts';
import type {
  ActionAffordance,
  PropertyAffordance,
  ThingDescription,
} from '#protocol/thing/thing-description.ts';

/** A unit's description, to be looked up by name. */
export class UnitModel {
  readonly thing: ThingDescription;

  constructor(thing: ThingDescription) {
    this.thing = thing;
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
}
