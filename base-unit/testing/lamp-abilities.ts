import type { Abilities } from '../drivers/port/unit-driver.contract.ts';

const READ = { operation: 'readproperty', affordance: 'uartShared' } as const;
const WRITE = { operation: 'writeproperty', affordance: 'brightness', input: 40 } as const;
const INVOKE = {
  operation: 'invokeaction',
  affordance: 'gpioWrite',
  input: { pin: 4, level: 1 },
} as const;
const PULSE = {
  operation: 'invokeaction',
  affordance: 'gpioPulse',
  input: { pin: 4, level: 1, duration: 20 },
} as const;
const succeeded = { outcome: 'succeeded' } as const;

/** What a lamp of stock can do, whoever built it. */
export const LAMP_ABILITIES: Abilities = {
  read: { request: READ, output: false },
  write: { request: WRITE, end: { ...succeeded, output: 40 } },
  invoke: { request: INVOKE, end: { ...succeeded, output: { level: 1 } } },
  reports: 'brightness',
  // A pin is pulsed that was written before.
  event: { causes: [INVOKE, PULSE], expected: { event: 'gpioPulsed', data: 4 } },
  refuses: [
    [{ operation: 'readproperty', affordance: 'smell' }, 'affordance_unknown'],
    [{ operation: 'writeproperty', affordance: 'smell', input: 1 }, 'affordance_unknown'],
    [{ operation: 'invokeaction', affordance: 'brightness' }, 'affordance_unknown'],
    [{ operation: 'writeproperty', affordance: 'freeHeap', input: 1 }, 'operation_not_allowed'],
    [{ operation: 'writeproperty', affordance: 'brightness', input: 400 }, 'input_invalid'],
    [{ operation: 'invokeaction', affordance: 'gpioWrite', input: { pin: 4 } }, 'input_invalid'],
  ],
  // Repeated writes and invokes are tried again, until their answer comes after all.
  answers: { late: [WRITE, INVOKE] },
};
