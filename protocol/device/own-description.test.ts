import { describe, expect, it } from 'vitest';
import { describeDevice, isAnnouncement } from './describe-device.ts';
import { libpyiotcloudDescription } from './libpyiotcloud-description.ts';
import { commandMessage } from './mapped-command.ts';
import { readMessage } from './mapped-message.ts';
import { ownDescriptions } from './own-description.ts';

const DEVICE = { siteId: 'site_1', clientId: 'boiler', name: 'Boiler' };
const TOPIC = 'sb/1/site_1/boiler/description';
const BOILER = {
  title: 'Boiler 3000',
  properties: {
    temperature: { type: 'number', unit: '°C', readOnly: true, title: 'Water' },
    on: { type: 'boolean', 'sb:semantic': 'board.power' },
    code: { type: 'string', writeOnly: true },
    odd: { type: 'vector' },
  },
  actions: { flush: {}, dose: { input: { type: 'integer', minimum: 1 } }, both: { input: {} } },
  events: { failed: { data: { type: 'integer' } }, started: {} },
};
const announced = (description: unknown, topic = TOPIC) => [
  { topic, payload: JSON.stringify(description) },
];

describe('the description of a device in the scheme of the hub', () => {
  it('is a unit at the topics of that scheme', () => {
    const [one] = ownDescriptions(announced(BOILER), DEVICE);
    if (!one) throw new Error('not described');
    const { mapping } = one;
    const root = 'sb/1/site_1/boiler';
    expect(mapping.properties.map(({ source, target }) => [source?.topic, target?.topic])).toEqual([
      [`${root}/p/temperature`, undefined],
      [`${root}/p/on`, `${root}/p/on/set`],
      [undefined, `${root}/p/code/set`],
    ]);
    expect(mapping.actions.map(({ topic, confirmation }) => [topic, confirmation])).toEqual([
      [`${root}/a/flush`, 'response'],
      [`${root}/a/dose`, 'response'],
    ]);
    expect(mapping.events.map(({ topic }) => topic)).toEqual([
      ...[`${root}/e/failed`, `${root}/e/started`],
    ]);
    expect(one.leftOut.map(({ what }) => what)).toEqual(['odd', 'both']);
    const dose = { operation: 'invokeaction', affordance: 'dose', input: { value: 2 } } as const;
    expect(commandMessage(mapping, dose)?.payload).toBe('{"value":2}');
    const on = { topic: `${root}/p/on`, payload: Buffer.from('true') };
    expect(readMessage(mapping, on).values).toEqual([{ property: 'on', value: true }]);
  });

  it('counts at the place of the device alone', () => {
    const elsewhere = 'sb/1/site_1/other/description';
    expect(ownDescriptions(announced(BOILER, elsewhere), DEVICE)).toEqual([]);
    expect(isAnnouncement(elsewhere, DEVICE)).toBe(false);
    expect(isAnnouncement(TOPIC, DEVICE)).toBe(true);
    expect(describeDevice(announced(BOILER), DEVICE).map(({ id }) => id)).toEqual(['signalbox']);
  });
});

describe('a board with libpyiotcloud', () => {
  it('is asked and answers by whole payloads, with the spaces that its parser wants', () => {
    const [{ mapping, leftOut } = { mapping: undefined, leftOut: [] }] =
      libpyiotcloudDescription(DEVICE);
    if (!mapping) throw new Error('no preset');
    const write = { operation: 'writeproperty', affordance: 'pin12', input: true } as const;
    expect(commandMessage(mapping, write)).toMatchObject({
      ...{ topic: 'boiler/set_gpio', payload: '{"number": 12, "value": 1}' },
    });
    const answer = Buffer.from('{"number": 12, "value": 0}');
    expect(
      readMessage(mapping, { topic: 'server/boiler/set_gpio', payload: answer }).values,
    ).toEqual([{ property: 'pin12', value: false }]);
    const status = Buffer.from('{"status": "running"}');
    expect(
      readMessage(mapping, { topic: 'server/boiler/get_status', payload: status }).values,
    ).toEqual([{ property: 'status', value: 'running' }]);
    expect(
      commandMessage(mapping, { operation: 'invokeaction', affordance: 'askIp' }),
    ).toMatchObject({
      ...{ topic: 'boiler/get_ip', payload: '{}' },
    });
    expect(leftOut).toHaveLength(2);
  });
});
