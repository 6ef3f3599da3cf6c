import type { ScalarSchema } from '../thing/data-schema.ts';
import {
  type ActionAffordance,
  type EventAffordance,
  type PropertyAffordance,
  TD_CONTEXT,
  type ThingDescription,
} from '../thing/thing-description.ts';
import type { DeviceMapping, MappedAction, MappedEvent, MappedProperty } from './device-mapping.ts';
import { ACTION_INPUT } from './mapped-command.ts';

/** The description of the unit that a mapping makes of a device, but for its hash. */
export function mappedThing(mapping: DeviceMapping): Omit<ThingDescription, 'sb:schemaHash'> {
  return {
    '@context': TD_CONTEXT,
    title: mapping.model,
    properties: byName(mapping.properties, propertyOf),
    actions: byName(mapping.actions, actionOf),
    events: byName(mapping.events, eventOf),
    // The device keeps its connection, or comes back for what waits.
    'sb:session': 'held',
  };
}

function propertyOf({ schema, source, target, ...named }: MappedProperty): PropertyAffordance {
  return {
    ...schema,
    ...describe(named, schema),
    readOnly: target === undefined,
    writeOnly: source === undefined,
    observable: source !== undefined,
    idempotent: true,
  };
}

function actionOf({ input, ...named }: MappedAction): ActionAffordance {
  return {
    ...describe(named, input),
    ...(input === undefined
      ? {}
      : {
          input: {
            type: 'object' as const,
            properties: { [ACTION_INPUT]: input },
            required: [ACTION_INPUT],
          },
        }),
    idempotent: false,
  };
}

function eventOf({ data, ...named }: MappedEvent): EventAffordance {
  return {
    ...describe(named, data?.schema),
    ...(data === undefined ? {} : { data: data.schema }),
  };
}

function describe(
  {
    title,
    semantic,
  }: { readonly title?: string | undefined; readonly semantic?: string | undefined },
  schema: ScalarSchema | undefined,
): Pick<PropertyAffordance, 'title' | 'sb:semantic'> {
  const shownTitle = title ?? schema?.title;
  return {
    ...(shownTitle === undefined ? {} : { title: shownTitle }),
    ...(semantic === undefined ? {} : { 'sb:semantic': semantic }),
  };
}

function byName<T extends { readonly name: string }, A>(
  mapped: readonly T[],
  affordanceOf: (one: T) => A,
): Record<string, A> {
  return Object.fromEntries(mapped.map((one) => [one.name, affordanceOf(one)]));
}
