import { LIMITS } from '#protocol/limits.ts';
import {
  action,
  booleanValue,
  bytesValue,
  event,
  integerValue,
  property,
  textValue,
} from './affordances.ts';

/** The numbers of the board services on the unit link. */
export const PID = {
  mac: 32,
  ip: 33,
  netmask: 34,
  gateway: 35,
  rssi: 36,
  uptime: 37,
  freeHeap: 38,
  time: 39,
  gpioRead: 40,
  gpioWrite: 41,
  analogRead: 42,
  uartWrite: 43,
  uartData: 44,
  reset: 45,
  networkSet: 46,
  networkChange: 47,
  macSet: 48,
  ipMode: 49,
  gpioPulse: 52,
  gpioPulsed: 53,
  uartOpen: 54,
  uartFlush: 55,
  uartSettings: 56,
  uartShared: 57,
  timeSet: 58,
  timeSource: 59,
  factoryReset: 60,
} as const;

const BAUD_RATES = [
  ...[300, 1200, 2400, 4800, 9600, 19_200],
  ...[38_400, 57_600, 74_880, 115_200, 230_400, 460_800],
];
const FREE_PINS = [4, 5, 12, 13, 14];
const PIN = integerValue({ name: 'pin', allowed: FREE_PINS });
const LEVEL = integerValue({ name: 'level', minimum: 0, maximum: 1, step: 1 });
const MILLISECONDS = integerValue({ unit: 'ms', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const NEW_TIME = integerValue({
  name: 'time',
  unit: 'ms',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
});
const CREDIT = integerValue({ name: 'credit', unit: 'By', minimum: 0, maximum: 0xffff });
const FLUSH = { ...textValue(9), name: 'flush' };
const READ = { readable: true } as const;

function diagnostic(name: keyof typeof PID, title: string) {
  return { pid: PID[name], name, title, semantic: `diagnostic.${name}` };
}

function service(name: keyof typeof PID, title: string) {
  return { pid: PID[name], name, title, semantic: `board.${name}` };
}

function offset(name: string) {
  const most = Number.MAX_SAFE_INTEGER;
  return integerValue({ name, unit: 'ms', minimum: -most, maximum: most });
}

/** The same tables as firmware/units/board, so that both give the same schema hash. */
export const AFFORDANCES = [
  property(diagnostic('mac', 'MAC address'), textValue(17), READ),
  property(diagnostic('ip', 'IP address'), textValue(15), READ),
  property(diagnostic('netmask', 'Netmask'), textValue(15), READ),
  property(diagnostic('gateway', 'Gateway'), textValue(15), READ),
  property(diagnostic('ipMode', 'Address source'), textValue(5), READ),
  property(
    diagnostic('rssi', 'Signal strength'),
    integerValue({ unit: 'dBm', minimum: -120, maximum: 0 }),
    { readable: true, observable: true },
  ),
  property(diagnostic('uptime', 'Uptime'), MILLISECONDS, READ),
  property(
    diagnostic('freeHeap', 'Free heap'),
    integerValue({ unit: 'By', minimum: 0, maximum: 0xffff_ffff }),
    READ,
  ),
  property(diagnostic('time', 'Clock'), MILLISECONDS, READ),
  action(service('timeSet', 'Set clock'), {
    inputs: [NEW_TIME],
    outputs: [offset('before'), offset('after')],
  }),
  property(diagnostic('timeSource', 'Time source'), textValue(8), READ),
  action(service('gpioRead', 'Read pin'), { inputs: [PIN], outputs: [LEVEL], idempotent: true }),
  action(service('gpioWrite', 'Set pin'), {
    inputs: [PIN, LEVEL],
    outputs: [LEVEL],
    idempotent: true,
  }),
  action(service('analogRead', 'Read analog input'), {
    outputs: [integerValue({ name: 'value', minimum: 0, maximum: 1023, step: 1 })],
    idempotent: true,
  }),
  action(service('gpioPulse', 'Pulse pin'), {
    inputs: [
      PIN,
      LEVEL,
      integerValue({ name: 'duration', unit: 'ms', minimum: 1, maximum: 60_000 }),
    ],
  }),
  event(service('gpioPulsed', 'Pulse ended'), integerValue({ allowed: FREE_PINS })),
  action(service('uartWrite', 'Send on UART'), {
    inputs: [bytesValue(LIMITS.unitLink.dataBytes, 'data')],
    outputs: [
      integerValue({ name: 'written', unit: 'By', minimum: 0, maximum: LIMITS.unitLink.dataBytes }),
      CREDIT,
      FLUSH,
    ],
  }),
  event(service('uartData', 'Received on UART'), bytesValue(LIMITS.unitLink.dataBytes)),
  action(service('uartOpen', 'Set up UART'), {
    inputs: [
      integerValue({ name: 'baud', allowed: BAUD_RATES }),
      { ...textValue(3), name: 'frame' },
    ],
    outputs: [CREDIT],
    idempotent: true,
  }),
  action(service('uartFlush', 'UART send status'), { outputs: [CREDIT, FLUSH], idempotent: true }),
  property(diagnostic('uartSettings', 'UART'), textValue(16), READ),
  property(diagnostic('uartShared', 'UART is shared'), booleanValue(), READ),
  action(service('networkSet', 'Change address'), {
    inputs: ['ip', 'netmask', 'gateway'].map((name) => ({ ...textValue(15), name })),
  }),
  action(service('macSet', 'Change MAC address'), {
    inputs: [{ ...textValue(17), name: 'mac' }],
  }),
  property(diagnostic('networkChange', 'Address change'), textValue(16), {
    readable: true,
    observable: true,
  }),
  action(service('reset', 'Restart'), {}),
  action(service('factoryReset', 'Factory reset'), {}),
];
