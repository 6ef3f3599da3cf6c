import { type ThingDescription, TD_CONTEXT } from '#protocol/thing/thing-description.ts';

const readOnly = { readOnly: true, writeOnly: false, observable: true, idempotent: true } as const;
const writable = { readOnly: false, writeOnly: false, observable: true, idempotent: true } as const;

/** The board services every stock unit has, as the firmware describes them. */
const board: Pick<ThingDescription, 'properties' | 'actions' | 'events'> = {
  properties: {
    mac: {
      type: 'string',
      maxLength: 17,
      title: 'MAC address',
      'sb:semantic': 'diagnostic.mac',
      'sb:pid': 20,
      ...readOnly,
    },
    ip: {
      type: 'string',
      maxLength: 15,
      title: 'IP address',
      'sb:semantic': 'diagnostic.ip',
      'sb:pid': 21,
      ...readOnly,
    },
    rssi: {
      type: 'integer',
      minimum: -120,
      maximum: 0,
      unit: 'dBm',
      title: 'Signal strength',
      'sb:semantic': 'diagnostic.rssi',
      'sb:pid': 22,
      ...readOnly,
    },
    uptime: {
      type: 'integer',
      minimum: 0,
      unit: 'ms',
      title: 'Uptime',
      'sb:semantic': 'diagnostic.uptime',
      'sb:pid': 23,
      ...readOnly,
    },
    freeHeap: {
      type: 'integer',
      minimum: 0,
      unit: 'By',
      title: 'Free heap',
      'sb:semantic': 'diagnostic.freeHeap',
      'sb:pid': 24,
      ...readOnly,
    },
  },
  actions: {
    gpioWrite: {
      title: 'Set pin',
      'sb:semantic': 'board.gpioWrite',
      'sb:pid': 30,
      idempotent: true,
      input: {
        type: 'object',
        properties: {
          pin: { type: 'integer', enum: [4, 5, 12, 13, 14] },
          level: { type: 'integer', minimum: 0, maximum: 1, multipleOf: 1 },
        },
        required: ['pin', 'level'],
      },
    },
    gpioRead: {
      title: 'Read pin',
      'sb:semantic': 'board.gpioRead',
      'sb:pid': 31,
      idempotent: true,
      input: {
        type: 'object',
        properties: { pin: { type: 'integer', enum: [4, 5, 12, 13, 14] } },
        required: ['pin'],
      },
      output: {
        type: 'object',
        properties: { level: { type: 'integer', minimum: 0, maximum: 1 } },
        required: ['level'],
      },
    },
    reset: { title: 'Restart', 'sb:semantic': 'board.reset', 'sb:pid': 32, idempotent: false },
  },
  events: {
    uartData: {
      title: 'Received on UART',
      'sb:semantic': 'board.uartData',
      'sb:pid': 40,
      data: { type: 'string', contentEncoding: 'base64', maxLength: 128 },
    },
  },
};

export const LAMP_THING: ThingDescription = {
  '@context': TD_CONTEXT,
  title: 'lamp',
  properties: {
    on: { type: 'boolean', title: 'On', 'sb:semantic': 'light.switch', 'sb:pid': 1, ...writable },
    color: {
      type: 'string',
      format: 'color',
      title: 'Colour',
      'sb:semantic': 'light.color',
      'sb:pid': 2,
      ...writable,
    },
    brightness: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      multipleOf: 1,
      unit: '%',
      title: 'Brightness',
      'sb:semantic': 'light.brightness',
      'sb:pid': 3,
      ...writable,
    },
    ...board.properties,
  },
  actions: structuredClone(board.actions),
  events: structuredClone(board.events),
  'sb:schemaHash': '00000000000000a1',
  'sb:session': 'on-demand',
};

export const LIGHT_SENSOR_THING: ThingDescription = {
  '@context': TD_CONTEXT,
  title: 'light-sensor',
  properties: {
    illuminance: {
      type: 'number',
      minimum: 0,
      maximum: 100_000,
      unit: 'lx',
      title: 'Illuminance',
      'sb:semantic': 'sensor.illuminance',
      'sb:pid': 1,
      ...readOnly,
    },
    ...board.properties,
  },
  actions: structuredClone(board.actions),
  events: structuredClone(board.events),
  'sb:schemaHash': '00000000000000b2',
  'sb:session': 'held',
};

export const THERMOMETER_THING: ThingDescription = {
  ...LIGHT_SENSOR_THING,
  title: 'thermometer',
  properties: {
    temperature: {
      type: 'number',
      multipleOf: 0.1,
      unit: 'Cel',
      title: 'Temperature',
      'sb:semantic': 'sensor.temperature',
      'sb:pid': 1,
      ...readOnly,
    },
    humidity: {
      type: 'number',
      multipleOf: 1,
      unit: '%',
      title: 'Humidity',
      'sb:semantic': 'sensor.humidity',
      'sb:pid': 2,
      ...readOnly,
    },
    ...board.properties,
  },
  'sb:schemaHash': '00000000000000c3',
};

/** No semantics, every form of value: what a control does must come from the schema alone. */
export const WORKBENCH_THING: ThingDescription = {
  ...LAMP_THING,
  title: 'workbench',
  properties: {
    relay: { type: 'boolean', title: 'Relay', 'sb:pid': 1, ...writable },
    mode: { type: 'integer', enum: [0, 1, 2, 5], title: 'Mode', 'sb:pid': 2, ...writable },
    target: {
      type: 'number',
      minimum: 5,
      maximum: 30,
      multipleOf: 0.5,
      unit: 'Cel',
      title: 'Target',
      'sb:pid': 3,
      ...writable,
    },
    label: { type: 'string', maxLength: 16, title: 'Label', 'sb:pid': 4, ...writable },
    ...board.properties,
  },
  'sb:schemaHash': '00000000000000d4',
};

/** Older firmware, as a base describes it. */
export const LINE_LAMP_THING: ThingDescription = {
  ...LAMP_THING,
  title: 'line-lamp',
  properties: {
    color: {
      type: 'string',
      format: 'color',
      title: 'Colour',
      'sb:semantic': 'light.color',
      'sb:pid': 1,
      ...writable,
      writeOnly: true,
      observable: false,
    },
  },
  actions: {},
  events: {},
  'sb:schemaHash': '00000000000000e5',
  'sb:session': 'on-demand',
};
