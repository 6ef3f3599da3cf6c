import { Status, type Value } from '#protocol/unit-link/unit_link_pb.ts';
import { AFFORDANCES, PID } from './board-affordances.ts';
import type { Capability, CapabilityContext, InvokeAnswer } from './capability.ts';
import { LoopbackUart } from './loopback-uart.ts';
import { VirtualPins } from './virtual-pins.ts';
import type { WallClock } from './wall-clock.ts';
import { integerOf, wireBoolean, wireInteger, wireText } from './wire-value.ts';

export interface BoardOptions {
  readonly mac: string;
  readonly ip: string;
  /** Pins that the unit drives itself: they may be read, and a write to them is denied. */
  readonly ownPins: readonly number[];
  readonly clock: WallClock;
  /** Called once the answer is on its way. */
  readonly restart: () => void;
}

/** What every unit offers beside its own purpose: made-up facts, virtual pins, a loopback UART. */
export class BoardServices implements Capability {
  readonly affordances = AFFORDANCES;
  readonly #context: CapabilityContext;
  readonly #options: BoardOptions;
  readonly #pins: VirtualPins;
  readonly #uart: LoopbackUart;

  constructor(context: CapabilityContext, options: BoardOptions) {
    this.#context = context;
    this.#options = options;
    this.#pins = new VirtualPins(context, options.ownPins);
    this.#uart = new LoopbackUart(context);
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
      case PID.ipMode:
        return wireText('dhcp');
      case PID.rssi:
        return wireInteger(-58);
      case PID.uptime:
        return wireInteger(Math.floor(this.#context.uptimeMs()));
      case PID.freeHeap:
        return wireInteger(38_000);
      case PID.networkChange:
        return wireText('none');
      case PID.time:
        return wireInteger(Math.floor(this.#options.clock.epochMs()));
      case PID.timeSource:
        return wireText(this.#options.clock.source);
      case PID.uartSettings:
        return wireText(this.#uart.settings);
      case PID.uartShared:
        return wireBoolean(false);
      default:
        return undefined;
    }
  };

  readonly invoke = (pid: number, args: readonly Value[]): InvokeAnswer => {
    switch (pid) {
      case PID.analogRead:
        return { status: Status.OK, outputs: [wireInteger(512)] };
      case PID.uartWrite:
        return this.#uart.write(args[0]);
      case PID.uartOpen:
        return this.#uart.open(args);
      case PID.uartFlush:
        return this.#uart.progress();
      case PID.timeSet:
        return this.#setTime(integerOf(args[0]));
      case PID.networkSet:
      case PID.macSet:
      case PID.factoryReset:
        // The process has its addresses and its key from whoever started it.
        return { status: Status.UNSUPPORTED };
      case PID.reset:
        this.#options.restart();
        return { status: Status.ACCEPTED };
      default:
        return this.#pins.invoke(pid, args);
    }
  };

  readonly close = (): void => {
    this.#pins.close();
    this.#uart.close();
  };

  #setTime(epochMs: number): InvokeAnswer {
    const aheadMs = () => wireInteger(Math.floor(this.#options.clock.epochMs()) - epochMs);
    const before = aheadMs();
    // Within the clock's range, by the schema of the argument.
    this.#options.clock.set(epochMs, 'command');
    return { status: Status.OK, outputs: [before, aheadMs()] };
  }
}
