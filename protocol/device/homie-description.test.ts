import { describe, expect, it } from 'vitest';
import { commandMessage } from './mapped-command.ts';
import { readMessage } from './mapped-message.ts';
import { homieDescriptions } from './homie-description.ts';

const LAMP = {
  homie: '5.0',
  version: 7,
  name: 'Reading lamp',
  nodes: {
    light: {
      name: 'Light',
      properties: {
        power: { name: 'Power', datatype: 'boolean', settable: true },
        level: { datatype: 'integer', format: '0:100:5', unit: '%', settable: true },
        mode: { datatype: 'enum', format: 'steady,blink', settable: true },
        color: { datatype: 'color', format: 'rgb', settable: true },
        identify: { datatype: 'boolean', settable: true, retained: false },
        motion: { datatype: 'enum', format: 'left,right', retained: false },
        strange: { datatype: 'matrix' },
      },
    },
    'wi-fi': { properties: { rssi: { datatype: 'float', unit: 'dBm' } } },
    broken: 7,
  },
  extensions: ['org.example'],
};

const announced = (description: object, topic = 'homie/5/lamp/$description') => [
  { topic, payload: JSON.stringify(description) },
];

const lamp = () => {
  const [found] = homieDescriptions(announced(LAMP));
  if (!found) throw new Error('not described');
  return found;
};

describe('a description of Homie 5', () => {
  it('is a unit: what is retained are properties, what is not are actions and events', () => {
    const { id, title, mapping } = lamp();
    expect([id, title, mapping.model]).toEqual(['homie:lamp', 'Reading lamp', 'Reading lamp']);
    expect(mapping.properties.map(({ name, schema }) => [name, schema])).toEqual([
      ['lightPower', { type: 'boolean' }],
      ['lightLevel', { type: 'integer', minimum: 0, maximum: 100, multipleOf: 5, unit: '%' }],
      ['lightMode', { type: 'string', enum: ['steady', 'blink'] }],
      ['wiFiRssi', { type: 'number', unit: 'dBm' }],
      ['deviceState', expect.objectContaining({ type: 'string' })],
    ]);
    expect(mapping.actions).toEqual([
      {
        ...{ name: 'lightIdentify', title: 'Light: identify' },
        ...{ topic: 'homie/5/lamp/light/identify/set', payload: 'true' },
        confirmation: 'delivery',
      },
    ]);
    expect(mapping.events.map(({ name }) => name)).toEqual(['lightMotion']);
  });

  it('says what of it is left out, which takes nothing along', () => {
    expect(lamp().leftOut.map(({ what }) => what)).toEqual([
      'light-color',
      'light/strange',
      'broken',
    ]);
  });

  it('is read and written as the convention says', () => {
    const { mapping } = lamp();
    const message = { topic: 'homie/5/lamp/light/level', payload: Buffer.from('35') };
    expect(readMessage(mapping, message).values).toEqual([{ property: 'lightLevel', value: 35 }]);
    const write = { operation: 'writeproperty', affordance: 'lightPower', input: false } as const;
    expect(commandMessage(mapping, write)).toEqual({
      ...{ topic: 'homie/5/lamp/light/power/set', payload: 'false', confirmation: 'state' },
    });
    const other = { topic: 'homie/5/lamp/light/mode', payload: Buffer.from('sideways') };
    expect(readMessage(mapping, other).values).toEqual([]);
  });

  it('names the properties of its only node by themselves', () => {
    const node = { properties: { temperature: { datatype: 'float' } } };
    const [one] = homieDescriptions(
      announced({ homie: '5.1', version: 1, nodes: { sensor: node } }, 'house/5/t1/$description'),
    );
    expect(one?.mapping.properties[0]).toMatchObject({
      ...{ name: 'temperature', source: { topic: 'house/5/t1/sensor/temperature' } },
    });
    expect(one?.title).toBe('t1');
  });

  it.each([
    ['another version', announced({ ...LAMP, homie: '4.0' })],
    ['no JSON', [{ topic: 'homie/5/lamp/$description', payload: '{"homie": "5.0"' }]],
    ['another topic', announced(LAMP, 'homie/5/lamp/description')],
  ])('is none with %s', (_, announcements) => {
    expect(homieDescriptions(announcements)).toEqual([]);
  });

  it('is a unit of as many affordances as a unit has, of a device that says it has thousands', () => {
    const many = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [`p${index}`, { datatype: 'string' }] as const),
    );
    const [one] = homieDescriptions(
      announced({ homie: '5.0', nodes: { n: { properties: many } } }),
    );
    expect(one?.mapping.properties).toHaveLength(63);
    expect(one?.leftOut.length).toBe(100);
  });
});
