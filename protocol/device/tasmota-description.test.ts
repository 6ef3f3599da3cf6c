import { describe, expect, it } from 'vitest';
import { gistOf } from './describe-device.ts';
import { commandMessage } from './mapped-command.ts';
import { readMessage } from './mapped-message.ts';
import { tasmotaDescriptions } from './tasmota-description.ts';

const said = (topic: string, document: unknown) => ({ topic, payload: JSON.stringify(document) });

const DISCOVERED = {
  ...{
    ip: '192.168.1.20',
    dn: 'Washing machine',
    fn: ['Washer', null],
    hn: 'washer-1',
    md: 'Nous A1T',
  },
  ...{
    mac: 'A4CF12F0D1E2',
    ofln: 'Offline',
    onln: 'Online',
    state: ['OFF', 'ON', 'TOGGLE', 'HOLD'],
  },
  ...{ sw: '14.3.0', t: 'washer', ft: '%prefix%/%topic%/', tp: ['cmnd', 'stat', 'tele'] },
  ...{ rl: [1, 0, 0, 0], lt_st: 0, ver: 1 },
};
const CONFIG = said('tasmota/discovery/A4CF12F0D1E2/config', DISCOVERED);
const SENSORS = said('tasmota/discovery/A4CF12F0D1E2/sensors', {
  sn: {
    Time: '2026-11-30T10:00:00',
    ENERGY: {
      ...{ TotalStartTime: '2026-01-01T00:00:00', Total: 12.3, Today: 0.4 },
      ...{ Power: 1, ApparentPower: 2, Factor: 0.5, Voltage: 230, Current: 0.01 },
    },
  },
  ver: 1,
});
const SENSOR = said('tele/th/SENSOR', {
  ...{ Time: '2026-11-30T10:00:00', Switch1: 'ON', TempUnit: 'F', PressureUnit: 'mmHg' },
  BME280: { Temperature: 70.1, Humidity: 40, Pressure: 750 },
  'DS18B20-1': { Id: '0316A279', Temperature: 65 },
});
const STATE = said('tele/th/STATE', {
  ...{ Time: '2026-11-30T10:00:00', UptimeSec: 10, POWER1: 'ON', POWER2: 'OFF', Dimmer: 40 },
  ...{ Color: 'FF0000', Wifi: { RSSI: 100, Signal: -48 } },
});

const only = (...announcements: ReturnType<typeof said>[]) => {
  const [found, ...others] = tasmotaDescriptions(announcements);
  if (!found || others.length > 0) throw new Error('not one board');
  return found;
};

describe('a board with Tasmota', () => {
  it('is a unit by its own discovery', () => {
    const { id, title, mapping, leftOut } = only(CONFIG, SENSORS);
    expect([id, title, mapping.model]).toEqual(['tasmota:washer', 'Washing machine', 'Nous A1T']);
    expect(leftOut).toEqual([]);
    const payload = Buffer.from('{"Time": "x", "ENERGY": {"Power": 812, "Voltage": 229}}');
    expect(readMessage(mapping, { topic: 'tele/washer/SENSOR', payload })).toEqual({
      values: [
        { property: 'power', value: 812 },
        { property: 'voltage', value: 229 },
      ],
      ...{ events: [], unreadable: [] },
    });
    expect(mapping.properties.find(({ name }) => name === 'power')).toMatchObject({
      ...{ schema: { type: 'number', unit: 'W' }, semantic: 'sensor.power' },
    });
    const write = { operation: 'writeproperty', affordance: 'on', input: true } as const;
    expect(commandMessage(mapping, write)).toEqual({
      ...{ topic: 'cmnd/washer/POWER', payload: 'ON', confirmation: 'state' },
    });
    const power = { topic: 'stat/washer/POWER', payload: Buffer.from('OFF') };
    expect(readMessage(mapping, power).values).toEqual([{ property: 'on', value: false }]);
    expect(mapping.actions.map(({ name, topic }) => [name, topic])).toEqual([
      ['restart', 'cmnd/washer/Restart'],
    ]);
  });

  it('is a unit by what it sends now and then, where its discovery is off', () => {
    const { mapping, leftOut } = only(SENSOR, STATE);
    expect(mapping.properties.map(({ name, schema }) => [name, schema.unit])).toEqual([
      ...[
        ['on1', undefined],
        ['on2', undefined],
        ['brightness', '%'],
        ['switch1', undefined],
      ],
      ...[
        ['bme280Temperature', '°F'],
        ['bme280Humidity', '%'],
        ['bme280Pressure', 'mmHg'],
      ],
      ...[
        ['ds18b201Temperature', '°F'],
        ['signal', 'dBm'],
        ['uptime', 's'],
      ],
    ]);
    expect(leftOut.map(({ what }) => what)).toEqual(['Color']);
    const result = { topic: 'stat/th/RESULT', payload: Buffer.from('{"Dimmer": 20}') };
    expect(readMessage(mapping, result).values).toEqual([{ property: 'brightness', value: 20 }]);
    const other = { topic: 'stat/th/RESULT', payload: Buffer.from('{"POWER1": "ON"}') };
    expect(readMessage(mapping, other).unreadable).toEqual([]);
  });

  it('has its topics where its settings put them', () => {
    const { mapping } = only(
      said('tasmota/discovery/A4CF12F0D1E2/config', {
        ...DISCOVERED,
        ft: 'home/%topic%/%prefix%/',
      }),
    );
    expect(mapping.properties[0]?.source?.topic).toBe('home/washer/stat/POWER');
  });

  it('says nothing new by measuring something else, but by having something else', () => {
    const gist = (document: object) => gistOf(said('tele/th/SENSOR', document));
    const one = gist({ Time: 'a', AM2301: { Temperature: 20.5, Humidity: null } });
    expect(gist({ Time: 'b', AM2301: { Temperature: -3, Humidity: null } })).toBe(one);
    expect(gist({ Time: 'b', AM2301: { Temperature: -3, Humidity: 4 } })).not.toBe(one);
    expect(gistOf(CONFIG)).toBe(CONFIG.payload);
  });

  it('is none by what is no description', () => {
    expect(tasmotaDescriptions([{ topic: CONFIG.topic, payload: '{' }])).toEqual([]);
    expect(tasmotaDescriptions([SENSORS])).toEqual([]);
  });
});
