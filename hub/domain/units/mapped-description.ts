import { createHash } from 'node:crypto';
import type { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { mappedThing } from '#protocol/device/mapped-thing.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';

const HASH_CHARS = 16;

/** The description of the unit that a mapping makes of a device. */
export function mappedDescription(mapping: DeviceMapping): ThingDescription {
  const thing = mappedThing(mapping);
  const hash = createHash('sha256').update(JSON.stringify(thing)).digest('hex');
  return { ...thing, 'sb:schemaHash': hash.slice(0, HASH_CHARS) };
}
