import { expect, it, vi } from 'vitest';
import { ThingDescription } from '#protocol/thing/thing-description.ts';
import { sharedDescriptions } from './shared-descriptions.ts';

const LAMP_THING: ThingDescription = {
  '@context': ['https://www.w3.org/2022/wot/td/v1.1'],
  title: 'Lamp',
  properties: {},
  actions: {},
  events: {},
  'sb:schemaHash': '0123456789abcdef',
  'sb:session': 'held',
};
const LIGHT_SENSOR_THING: ThingDescription = { ...LAMP_THING, title: 'Light sensor' };

const copy = <T>(value: T): T => structuredClone(value);

it('checks what units of one model say of themselves once, and shares it', () => {
  const check = vi.fn((value: unknown) => ThingDescription.safeParse(value));
  const schema = sharedDescriptions(check);
  const lamp = schema.parse(copy(LAMP_THING));
  expect(lamp).toEqual(ThingDescription.parse(LAMP_THING));
  expect(schema.parse(copy(LAMP_THING))).toBe(lamp);
  expect(schema.parse(copy(LIGHT_SENSOR_THING))).not.toBe(lamp);
  expect(check).toHaveBeenCalledTimes(2);
});

it('distinguishes two that differ in one word', () => {
  const schema = sharedDescriptions();
  const other = { ...copy(LAMP_THING), title: 'Lamp of tomorrow' };
  expect(schema.parse(copy(LAMP_THING))?.title).toBe(LAMP_THING.title);
  expect(schema.parse(other)?.title).toBe('Lamp of tomorrow');
});

it('refuses what is no description, each time, and lets a unit have none', () => {
  const schema = sharedDescriptions();
  for (let round = 0; round < 2; round += 1) {
    expect(schema.safeParse({ ...copy(LAMP_THING), properties: 7 }).success).toBe(false);
  }
  expect(schema.safeParse(undefined).success).toBe(false);
  expect(schema.parse(null)).toBeNull();
});

it('remembers no more than a bounded number', () => {
  const check = vi.fn((value: unknown) => ThingDescription.safeParse(value));
  const schema = sharedDescriptions(check);
  for (let index = 0; index <= 64; index += 1) {
    schema.parse({ ...copy(LAMP_THING), title: `Lamp ${index}` });
  }
  schema.parse({ ...copy(LAMP_THING), title: 'Lamp 0' });
  expect(check).toHaveBeenCalledTimes(66);
});
