import type { Command } from '#protocol/command/command.ts';
import type { Json } from '#protocol/json.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { valueText } from './number-text.ts';
import { own } from '../state/own.ts';

type DescribedCommand = Pick<Command, 'operation' | 'affordance' | 'input'>;

/** A command in the words of the unit's description: `Brightness to 80 %`. */
export function commandText(
  command: DescribedCommand,
  description: ThingDescription | null,
): string {
  const { operation, affordance, input } = command;
  const title =
    own(description?.properties, affordance)?.title ??
    own(description?.actions, affordance)?.title ??
    affordance;
  switch (operation) {
    case 'writeproperty':
      return typeof input === 'boolean'
        ? switchText(title, input)
        : `${title} to ${inputText(input, description, affordance)}`;
    case 'readproperty':
      return `Read ${title}`;
    case 'invokeaction':
      return input === undefined ? title : `${title} (${argumentsText(input)})`;
    default:
      return operation satisfies never;
  }
}

/** A switch that is called "On" would read "On to off". */
function switchText(title: string, on: boolean): string {
  const subject = title.toLowerCase() === 'on' ? 'Turn' : title;
  return `${subject} ${on ? 'on' : 'off'}`;
}

function inputText(
  input: Json | undefined,
  description: ThingDescription | null,
  property: string,
): string {
  if (typeof input !== 'boolean' && typeof input !== 'number' && typeof input !== 'string') {
    return JSON.stringify(input ?? null);
  }
  const { text, unit } = valueText(own(description?.properties, property), input);
  return unit === '' ? text : `${text} ${unit}`;
}

function argumentsText(input: Json): string {
  if (typeof input !== 'object' || input === null) return JSON.stringify(input);
  return Object.entries(input)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
