import { LIMITS } from '#protocol/limits.ts';
import { Status, type Value } from '#protocol/unit-link/unit_link_pb.ts';
import {
  action,
  bytesValue,
  booleanValue,
  event,
  integerValue,
  property,
  textValue,
} from './affordances.ts';
import type { Capability, CapabilityContext, InvokeAnswer, WriteAnswer } from './capability.ts';
import { wireBoolean, wireData, wireInteger, wireText } from './wire-value.ts';

const PID = {
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
} as const;

const PIN = integerValue({ name: 'pin', allowed: [4, 5, 12, 13, 14] });
const LEVEL = integerValue({ name: 'level', minimum: 0, maximum: 1, step: 1 });
const MILLISECONDS = integerValue({ unit: 'ms', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const READ = { readable: true } as const;

function diagnostic(name: keyof typeof PID, title: string) {
  return { pid: PID[name], name, title, semantic: `diagnostic.${name}` };
}

function service(name: keyof typeof PID, title: string) {
  return { pid: PID[name], name, title, semantic: `board.${name}` };
}

// The same tables as firmware/units/board, so that both give the same schema hash.
const AFFORDANCES = [
  property(diagnostic('mac', 'MAC address'), textValue(17), READ),
  property(diagnostic('ip', 'IP address'), textValue(15), READ),
  property(diagnostic('netmask', 'Netmask'), textValue(15), READ),
  property(diagnostic('gateway', 'Gateway'), textValue(15), READ),
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
  property(diagnostic('time', 'Clock'), MILLISECONDS, { readable: true, writable: true }),
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
  action(service('uartWrite', 'Send on UART'), {
    inputs: [bytesValue(LIMITS.unitLink.dataBytes, 'data')],
    outputs: [
      integerValue({ name: 'written', unit: 'By', minimum: 0, maximum: LIMITS.unitLink.dataBytes }),
      booleanValue('flushed'),
    ],
  }),
  event(service('uartData', 'Received on UART'), bytesValue(LIMITS.unitLink.dataBytes)),
  action(service('networkSet', 'Change address'), {
    inputs: ['ip', 'netmask', 'gateway'].map((name) => ({ ...textValue(15), name })),
  }),
  property(diagnostic('networkChange', 'Change of address'), textValue(16), {
    readable: true,
    observable: true,
  }),
  action(service('reset', 'Restart'), {}),
];

export interface BoardOptions {
  readonly mac: string;
  readonly ip: string;
  /** Pins that the unit drives itself: they may be read, and a write to them is denied. */
  readonly ownPins: readonly number[];
  readonly epochMs: () => number;
  readonly setEpochMs: (epochMs: number) => void;
  /** Called once the answer is on its way. */
  readonly restart: () => void;
}

/** What every unit offers beside its own purpose: made-up facts, virtual pins, a loopback UART. */
export class BoardServices implements Capability {
  readonly affordances = AFFORDANCES;
  readonly #context: CapabilityContext;
  readonly #options: BoardOptions;
  readonly #levels = new Map<number, number>();
  #stopUart: (() => void) | undefined;

  constructor(context: CapabilityContext, options: BoardOptions) {
    this.#context = context;
    this.#options = options;
  }

  readonly read = (pid: number): Value | undefined => {
    switch (pid) {
      case PID.mac:
        return wireText(this.#options.mac);
      case PID.ip:
        return wireText(this.#options.ip);
      case PID.netmask:
        return wireText('255.0.0.0');
      case PID.gateway:
        return wireText('127.0.0.1');
      case PID.rssi:
        return wireInteger(-58);
      case PID.uptime:
        return wireInteger(Math.floor(this.#context.uptimeMs()));
      case PID.freeHeap:
        return wireInteger(38_000);
      case PID.networkChange:
        return wireText('none');
      case PID.time:
        return wireInteger(Math.floor(this.#options.epochMs()));
      default:
        return undefined;
    }
  };

  readonly write = (_pid: number, { kind }: Value): WriteAnswer => {
    if (kind.case === 'integer') this.#options.setEpochMs(Number(kind.value));
    return { status: Status.OK };
  };

  readonly invoke = (pid: number, args: readonly Value[]): InvokeAnswer => {
    switch (pid) {
      case PID.analogRead:
        return { status: Status.OK, outputs: [wireInteger(512)] };
      case PID.uartWrite:
        return this.#writeUart(args[0]);
      case PID.networkSet:
        // The process has its address from whoever started it.
        return { status: Status.UNSUPPORTED };
      case PID.reset:
        this.#options.restart();
        return { status: Status.ACCEPTED };
      default:
        return this.#usePin(pid, args);
    }
  };

  readonly close = (): void => {
    this.#stopUart?.();
    this.#stopUart = undefined;
  };

  #usePin(pid: number, [pin, level]: readonly Value[]): InvokeAnswer {
    const number = integerOf(pin);
    if (pid === PID.gpioWrite) {
      if (this.#options.ownPins.includes(number)) return { status: Status.DENIED };
      this.#levels.set(number, integerOf(level));
    }
    return { status: Status.OK, outputs: [wireInteger(this.#levels.get(number) ?? 0)] };
  }

  #writeUart(data: Value | undefined): InvokeAnswer {
    const bytes = data?.kind.case === 'data' ? data.kind.value : new Uint8Array();
    // A second write before the first came back replaces it: the loop is one buffer long.
    this.#stopUart?.();
    if (bytes.length > 0) {
      this.#stopUart = this.#context.after(1, () => {
        this.#context.notifier.emitEvent(PID.uartData, wireData(bytes));
      });
    }
    return { status: Status.OK, outputs: [wireInteger(bytes.length), wireBoolean(true)] };
  }
}

function integerOf(value: Value | undefined): number {
  return value?.kind.case === 'integer' ? Number(value.kind.value) : 0;
}
