import { describe, expect, it } from 'vitest';
import { ThingDescription } from '../thing/thing-description.ts';
import { DeviceMapping } from './device-mapping.ts';
import { commandMessage } from './mapped-command.ts';
import { readMessage } from './mapped-message.ts';
import { mappedThing } from './mapped-thing.ts';

/** A socket with a meter and a button, as such devices speak. */
const SOCKET = DeviceMapping.parse({
  model: 'Plug',
  properties: [
    {
      name: 'power',
      title: 'Power',
      semantic: 'sensor.power',
      schema: { type: 'number', unit: 'W' },
      source: { topic: 'tele/SENSOR', form: { kind: 'json', pointer: '/ENERGY/Power' } },
    },
    {
      name: 'voltage',
      schema: { type: 'number', unit: 'V' },
      source: { topic: 'tele/SENSOR', form: { kind: 'json', pointer: '/ENERGY/Voltage' } },
    },
    {
      name: 'on',
      schema: { type: 'boolean' },
      source: { topic: 'stat/POWER', form: { kind: 'text' } },
      target: {
        topic: 'cmnd/POWER',
        form: { kind: 'text', words: { ON: true, OFF: false } },
        confirmation: 'state',
      },
    },
  ],
  actions: [
    { name: 'restart', topic: 'cmnd/Restart', payload: '1', confirmation: 'delivery' },
    {
      name: 'blink',
      input: { type: 'integer', minimum: 1, maximum: 9 },
      topic: 'cmnd/Blink',
      form: { kind: 'json', pointer: '/times' },
      confirmation: 'response',
    },
  ],
  events: [
    { name: 'pressed', topic: 'stat/BUTTON', payload: 'SINGLE' },
    {
      name: 'failed',
      topic: 'stat/ERROR',
      data: { schema: { type: 'integer' }, form: { kind: 'json', pointer: '/code' } },
    },
  ],
});

const message = (topic: string, payload: string) => ({ topic, payload: Buffer.from(payload) });

describe('a mapped device', () => {
  it('reports several values in one message', () => {
    const { values } = readMessage(
      SOCKET,
      message('tele/SENSOR', '{"ENERGY": {"Power": 12.5, "Voltage": 229}}'),
    );
    expect(values).toEqual([
      { property: 'power', value: 12.5 },
      { property: 'voltage', value: 229 },
    ]);
  });

  it('keeps what can be read of a message, and says what cannot', () => {
    expect(readMessage(SOCKET, message('tele/SENSOR', '{"ENERGY": {"Power": 12.5}}'))).toEqual({
      values: [{ property: 'power', value: 12.5 }],
      events: [],
      unreadable: [{ name: 'voltage', reason: 'has nothing at /ENERGY/Voltage' }],
    });
  });

  it('says nothing by a topic that is not its own, nor by bytes that are no text', () => {
    const nothing = { values: [], events: [], unreadable: [] };
    expect(readMessage(SOCKET, message('tele/OTHER', '1'))).toEqual(nothing);
    const bytes = { topic: 'stat/POWER', payload: Uint8Array.of(0xff, 0xfe) };
    expect(readMessage(SOCKET, bytes).unreadable).toEqual([
      { name: 'on', reason: 'is not text in UTF-8' },
    ]);
  });

  it('reports events, only those meant, with their value', () => {
    expect(readMessage(SOCKET, message('stat/BUTTON', 'SINGLE\n')).events).toEqual([
      { event: 'pressed', data: undefined },
    ]);
    expect(readMessage(SOCKET, message('stat/BUTTON', 'DOUBLE')).events).toEqual([]);
    expect(readMessage(SOCKET, message('stat/ERROR', '{"code": 4}')).events).toEqual([
      { event: 'failed', data: 4 },
    ]);
  });

  it('gets commands as it understands them', () => {
    const write = { operation: 'writeproperty', affordance: 'on', input: true } as const;
    expect(commandMessage(SOCKET, write)).toEqual({
      topic: 'cmnd/POWER',
      payload: 'ON',
      confirmation: 'state',
    });
    const invoke = { operation: 'invokeaction', affordance: 'restart' } as const;
    expect(commandMessage(SOCKET, invoke)).toMatchObject({ payload: '1' });
    const blink = { ...invoke, affordance: 'blink', input: { value: 3 } };
    expect(commandMessage(SOCKET, blink)).toMatchObject({ payload: '{"times":3}' });
  });

  it.each([
    [
      'a read, since it reports its values by itself',
      { operation: 'readproperty', affordance: 'on' },
    ],
    ['what it only reports', { operation: 'writeproperty', affordance: 'power', input: 1 }],
    ['what it does not have', { operation: 'invokeaction', affordance: 'none' }],
    ['an action without its input', { operation: 'invokeaction', affordance: 'blink' }],
  ] as const)('has no message for %s', (_, command) => {
    expect(commandMessage(SOCKET, command)).toBeUndefined();
  });

  it('is described as any unit is', () => {
    const thing = ThingDescription.parse({
      ...mappedThing(SOCKET),
      'sb:schemaHash': '0'.repeat(16),
    });
    expect(thing.properties['power']).toMatchObject({
      type: 'number',
      unit: 'W',
      title: 'Power',
      'sb:semantic': 'sensor.power',
      readOnly: true,
      observable: true,
    });
    expect(thing.properties['on']).toMatchObject({ readOnly: false, writeOnly: false });
    expect(thing.actions['blink']?.input?.required).toEqual(['value']);
    expect(thing.events['failed']?.data).toEqual({ type: 'integer' });
  });
});

describe('a mapping', () => {
  const one = { name: 'on', schema: { type: 'boolean' } };
  const source = { topic: 'a', form: { kind: 'text' } };
  const target = { topic: 'b', form: { kind: 'text' }, confirmation: 'state' };
  const mapping = (parts: object): object => ({
    model: 'M',
    properties: [],
    actions: [],
    events: [],
    ...parts,
  });

  it.each([
    ['a property without a topic', { properties: [one] }],
    ['a state that confirms and that nobody reports', { properties: [{ ...one, target }] }],
    ['a name twice', { properties: [{ ...one, source }], events: [{ name: 'on', topic: 'a' }] }],
    ['a wildcard', { properties: [{ ...one, source: { ...source, topic: 'a/#' } }] }],
    ['a topic of the broker', { properties: [{ ...one, source: { ...source, topic: '$SYS/a' } }] }],
    [
      'an action with an input and no form for it',
      {
        actions: [{ name: 'a', input: one.schema, topic: 't', confirmation: 'delivery' }],
      },
    ],
    [
      'more affordances than a unit has',
      { events: Array.from({ length: 64 }, (_, index) => ({ name: `e${index}`, topic: 'a' })) },
    ],
  ])('is refused with %s', (_, parts) => {
    expect(DeviceMapping.safeParse(mapping(parts)).success).toBe(false);
  });
});
