import { describe, expect, it } from 'vitest';
import { bagOf } from './property-bag.ts';

const EVENTS = 'devices/pi/messages/events';

describe('properties after a topic', () => {
  it('are read as Azure’s devices write them', () => {
    expect(bagOf(`${EVENTS}/temperatureAlert=true&node=a%20b`)).toEqual({
      topic: EVENTS,
      facts: { temperatureAlert: 'true', node: 'a b' },
    });
    expect(bagOf(`pi/${EVENTS}/a=b`)).toEqual({ topic: `pi/${EVENTS}`, facts: { a: 'b' } });
    expect(bagOf(`${EVENTS}/?property_key=property_value`)).toEqual({
      topic: EVENTS,
      facts: { property_key: 'property_value' },
    });
  });

  it('are read after a question mark', () => {
    expect(bagOf('remote/gps?satellites=true')).toEqual({
      topic: 'remote/gps',
      facts: { satellites: 'true' },
    });
  });

  it.each([
    'remote/gps',
    EVENTS,
    `${EVENTS}/other`,
    '?alert=true',
    'what?',
    'what?is',
    `t?${'a=b&'.repeat(40)}a=b`,
  ])('are none in %s', (topic) => {
    expect(bagOf(topic)).toBeUndefined();
  });

  it('that are badly encoded stay as they are', () => {
    expect(bagOf('t?a=%E0%A4%A')?.facts).toEqual({ a: '%E0%A4%A' });
  });
});
