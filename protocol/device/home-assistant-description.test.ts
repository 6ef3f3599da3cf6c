import { describe, expect, it } from 'vitest';
import { homeAssistantDescriptions } from './home-assistant-description.ts';
import { commandMessage } from './mapped-command.ts';
import { readMessage } from './mapped-message.ts';

const at = (topic: string, config: unknown) => ({
  topic: `homeassistant/${topic}/config`,
  payload: JSON.stringify(config),
});

const described = (...announcements: ReturnType<typeof at>[]) => {
  const [only, ...others] = homeAssistantDescriptions(announcements);
  if (!only || others.length > 0) throw new Error('not one device');
  return only;
};
const device = { ids: ['d1'], name: 'Desk', mdl: 'D-1' };
const write = (affordance: string, input: boolean | number) =>
  ({ operation: 'writeproperty', affordance, input }) as const;

/** As Zigbee2MQTT announces a plug with a button: one message for each entity, one topic for all. */
const PLUG_TOPIC = 'zigbee2mqtt/plug';
const PLUG_DEVICE = {
  ...{ identifiers: ['zigbee2mqtt_0x00158d0001'], name: 'plug', manufacturer: 'Acme' },
  ...{ model: 'Smart plug (TS011F)', via_device: 'zigbee2mqtt_bridge_0x00124b00' },
};
const PLUG_ENTITY = {
  availability: [{ topic: 'zigbee2mqtt/bridge/state' }],
  device: PLUG_DEVICE,
  origin: { name: 'Zigbee2MQTT', sw: '2.1.0' },
  state_topic: PLUG_TOPIC,
};
const PLUG = [
  at('switch/0x00158d0001/switch', {
    ...PLUG_ENTITY,
    ...{ command_topic: `${PLUG_TOPIC}/set`, payload_on: 'ON', payload_off: 'OFF', name: null },
    ...{ unique_id: 'a', value_template: '{{ value_json.state }}' },
  }),
  at('sensor/0x00158d0001/power', {
    ...PLUG_ENTITY,
    ...{ device_class: 'power', state_class: 'measurement', unit_of_measurement: 'W' },
    ...{ unique_id: 'b', value_template: '{{ value_json.power }}' },
  }),
  at('binary_sensor/0x00158d0001/occupancy', {
    ...PLUG_ENTITY,
    ...{ device_class: 'occupancy', payload_on: true, payload_off: false, unique_id: 'c' },
    value_template: '{{ value_json["occupancy"] }}',
  }),
  at('sensor/0x00158d0001/linkquality', {
    ...PLUG_ENTITY,
    ...{ entity_category: 'diagnostic', unit_of_measurement: 'lqi', unique_id: 'd' },
    value_template: '{{ value_json.linkquality }}',
  }),
  at('select/0x00158d0001/power_on_behavior', {
    ...PLUG_ENTITY,
    ...{ command_topic: `${PLUG_TOPIC}/set/power_on_behavior`, unique_id: 'e' },
    ...{ options: ['off', 'previous', 'on'] },
    value_template: '{{ value_json.power_on_behavior }}',
  }),
  at('device_automation/0x00158d0001/action_single', {
    ...{ automation_type: 'trigger', type: 'action', subtype: 'single', payload: 'single' },
    ...{ topic: `${PLUG_TOPIC}/action`, device: PLUG_DEVICE },
  }),
  at('update/0x00158d0001/update', { ...PLUG_ENTITY, unique_id: 'f' }),
];

/** As ESPHome does: short names, a topic for each entity, plain payloads. */
const BOARD_DEVICE = {
  ids: 'a4cf12f0d1e2',
  name: 'garden',
  sw: 'esphome 2025.11.0',
  mdl: 'esp32dev',
};
const BOARD = [
  at('sensor/garden/soil_moisture', {
    ...{ name: 'Soil moisture', stat_t: 'garden/sensor/soil_moisture/state', uniq_id: 'ESPsensor' },
    ...{ unit_of_meas: '%', stat_cla: 'measurement', dev_cla: 'moisture', dev: BOARD_DEVICE },
    ...{ avty_t: 'garden/status' },
  }),
  at('light/garden/path', {
    ...{ schema: 'json', name: 'Path', bri: true, brightness: true, dev: BOARD_DEVICE },
    ...{ color_mode: true, supported_color_modes: ['brightness'] },
    ...{ stat_t: 'garden/light/path/state', cmd_t: 'garden/light/path/command' },
  }),
  at('cover/garden/gate', {
    ...{ name: 'Gate', '~': 'garden/cover/gate', dev: BOARD_DEVICE },
    ...{ stat_t: '~/state', cmd_t: '~/command', pos_t: '~/position/state' },
    ...{ set_pos_t: '~/position/command' },
  }),
  at('button/garden/restart', {
    ...{ name: 'Restart', cmd_t: 'garden/button/restart/command', ent_cat: 'config' },
    ...{ dev: BOARD_DEVICE },
  }),
  at('number/garden/pump_time', {
    ...{ name: 'Pump time', stat_t: 'garden/number/pump_time/state', dev: BOARD_DEVICE },
    ...{ cmd_t: 'garden/number/pump_time/command', min: 1, max: 90, step: 0.5 },
    ...{ unit_of_meas: 's' },
  }),
  at('text/garden/label', {
    ...{ name: 'Label', stat_t: 'garden/text/label/state', dev: BOARD_DEVICE },
    ...{ cmd_t: 'garden/text/label/command', max: 20 },
  }),
];

describe('discovery messages for Home Assistant', () => {
  it('are one unit for each device, as Zigbee2MQTT sends them', () => {
    const { id, title, mapping, leftOut } = described(...PLUG);
    expect([id, title, mapping.model]).toEqual([
      ...['homeassistant:zigbee2mqtt_0x00158d0001', 'plug', 'Smart plug (TS011F)'],
    ]);
    const payload = '{"state": "ON", "power": 12.5, "occupancy": false, "linkquality": 90}';
    const read = readMessage(mapping, { topic: PLUG_TOPIC, payload: Buffer.from(payload) });
    // It does not say how it behaves when power comes back, which is no fault.
    expect(read.unreadable).toEqual([]);
    expect(read.values).toEqual([
      { property: 'switch', value: true },
      { property: 'power', value: 12.5 },
      { property: 'occupancy', value: false },
      { property: 'linkquality', value: 90 },
    ]);
    expect(commandMessage(mapping, write('switch', false))).toEqual({
      ...{ topic: `${PLUG_TOPIC}/set`, payload: 'OFF', confirmation: 'state' },
    });
    expect(mapping.properties.map(({ semantic }) => semantic)).toEqual([
      ...[undefined, 'sensor.power', 'sensor.occupancy', 'diagnostic.linkquality', undefined],
    ]);
    expect(mapping.properties.at(-1)?.schema).toEqual({
      ...{ type: 'string', enum: ['off', 'previous', 'on'] },
    });
    expect(mapping.events).toEqual([
      {
        ...{ name: 'singleAction', title: 'single action' },
        ...{ topic: `${PLUG_TOPIC}/action`, payload: 'single' },
      },
    ]);
    expect(leftOut).toEqual([{ what: 'update', reason: 'a update is not read' }]);
  });

  it('are a unit as ESPHome sends them: short names, a base topic, plain payloads', () => {
    const { id, mapping, leftOut } = described(...BOARD);
    expect(id).toBe('homeassistant:a4cf12f0d1e2');
    expect(leftOut).toEqual([]);
    expect(mapping.properties.map(({ name }) => name)).toEqual([
      ...['soilMoisture', 'path', 'pathBrightness'],
      ...['gateState', 'gatePosition', 'pumpTime', 'label'],
    ]);
    expect(mapping.actions.map(({ name, payload }) => [name, payload])).toEqual([
      ...[
        ['gateOpen', 'OPEN'],
        ['gateClose', 'CLOSE'],
        ['gateStop', 'STOP'],
      ],
      ['restart', 'PRESS'],
    ]);
    expect(commandMessage(mapping, write('pathBrightness', 128))).toMatchObject({
      payload: '{"state":"ON","brightness":128}',
    });
    expect(commandMessage(mapping, write('path', false))?.payload).toBe('{"state":"OFF"}');
    expect(commandMessage(mapping, write('gatePosition', 40))).toMatchObject({
      ...{ topic: 'garden/cover/gate/position/command', payload: '40' },
    });
    const state = { topic: 'garden/cover/gate/state', payload: Buffer.from('opening') };
    expect(readMessage(mapping, state).values).toEqual([
      { property: 'gateState', value: 'opening' },
    ]);
  });

  it('are a unit where one message describes the whole device', () => {
    const { mapping, leftOut } = described(
      at('device/desk', {
        ...{ dev: device, o: { name: 'example' }, stat_t: 'desk/state', qos: 1 },
        cmps: {
          height: { p: 'sensor', uniq_id: 'h', unit_of_meas: 'cm', val_tpl: '{{value_json.h}}' },
          lamp: { p: 'light', uniq_id: 'l', cmd_t: 'desk/lamp', schema: 'template' },
          gone: { p: 'sensor' },
          kind: { p: 'sensor', uniq_id: 'k', dev_cla: 'enum', ops: ['sit', 'stand'] },
        },
      }),
      at('sensor/height', { ...{ dev: device, stat_t: 'other', uniq_id: 'h' } }),
    );
    expect(mapping.properties.map(({ name, source }) => [name, source?.topic])).toEqual([
      ['height', 'desk/state'],
      ['kind', 'desk/state'],
    ]);
    expect(leftOut).toEqual([{ what: 'lamp', reason: 'a light by template is not read' }]);
  });

  it('of a light with more than on and off say what is read of it', () => {
    const { mapping, leftOut } = described(
      at('light/bulb', {
        ...{ dev: device, cmd_t: 'b/set', stat_t: 'b', stat_val_tpl: '{{ value_json.s }}' },
        ...{ bri_cmd_t: 'b/bri', bri_scl: 100, rgb_command_topic: 'b/rgb' },
      }),
      at('light/light', {
        ...{
          dev: device,
          schema: 'json',
          cmd_t: 'j/set',
          stat_t: 'j',
          effect_list: ['none', 'fade'],
        },
        supported_color_modes: ['color_temp', 'xy'],
      }),
    );
    expect(mapping.properties.map(({ name, schema }) => [name, schema])).toEqual([
      ['bulb', { type: 'boolean' }],
      ['bulbBrightness', { type: 'integer', minimum: 0, maximum: 100 }],
      ['on', { type: 'boolean' }],
      ['brightness', { type: 'integer', minimum: 0, maximum: 255 }],
      ['colorTemperature', { type: 'integer', unit: 'mired', minimum: 153, maximum: 500 }],
      ['effect', { type: 'string', enum: ['none', 'fade'] }],
    ]);
    expect(mapping.properties[1]?.target?.confirmation).toBe('delivery');
    expect(leftOut.map(({ what }) => what)).toEqual(['bulb', 'light']);
  });

  it('of several devices are several, such as of a bridge', () => {
    const other = { ...PLUG_ENTITY, device: { identifiers: ['zigbee2mqtt_0x2'], name: 'lamp' } };
    const more = at('sensor/0x2/power', { ...other, unique_id: 'x' });
    expect(homeAssistantDescriptions([...PLUG, more]).map(({ title }) => title)).toEqual([
      ...['plug', 'lamp'],
    ]);
  });

  it.each([
    ['a template that is a program', { val_tpl: '{{ value_json.t | float * 2 }}' }],
    ['a template with a condition', { val_tpl: "{% if value == 'x' %}1{% endif %}" }],
    ['no topic', { stat_t: undefined }],
    ['a topic with a wildcard', { stat_t: 'a/#' }],
    ['a topic of the broker', { stat_t: '$SYS/uptime' }],
  ])('with %s are not understood, and say so', (_, part) => {
    const { mapping, leftOut } = described(
      at('sensor/t', { dev: device, stat_t: 'a', unit_of_meas: 'K', ...part }),
    );
    expect(mapping.properties).toEqual([]);
    expect(leftOut).toHaveLength(1);
  });

  it('that announce a move, are cleared, or are no JSON describe nothing', () => {
    const empty = { topic: 'homeassistant/sensor/t/config', payload: '' };
    expect(homeAssistantDescriptions([at('sensor/x', { migrate_discovery: true }), empty])).toEqual(
      [],
    );
    expect(homeAssistantDescriptions([at('sensor/x', ['__proto__'])])).toEqual([]);
  });
});
