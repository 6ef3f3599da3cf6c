import { Status, type Value } from '#protocol/unit-link/unit_link_pb.ts';
import { PID } from './board-affordances.ts';
import type { CapabilityContext, InvokeAnswer } from './capability.ts';
import { integerOf, wireInteger } from './wire-value.ts';

/** The pins of a board that is none: levels that are kept, and pulses that end by themselves. */
export class VirtualPins {
  readonly #context: CapabilityContext;
  readonly #ownPins: readonly number[];
  /** Of the pins that were made outputs. */
  readonly #levels = new Map<number, number>();
  readonly #pulses = new Map<number, () => void>();

  /** @param ownPins are driven by the unit itself: they may be read, and a write to them is denied. */
  constructor(context: CapabilityContext, ownPins: readonly number[]) {
    this.#context = context;
    this.#ownPins = ownPins;
  }

  invoke(pid: number, [pin, level, duration]: readonly Value[]): InvokeAnswer {
    const number = integerOf(pin);
    if (pid === PID.gpioRead) return this.#reported(number);
    if (this.#ownPins.includes(number)) return { status: Status.DENIED };
    if (pid === PID.gpioPulse) {
      return this.#pulse(number, integerOf(level), integerOf(duration));
    }
    this.#pulses.get(number)?.();
    this.#pulses.delete(number);
    this.#levels.set(number, integerOf(level));
    return this.#reported(number);
  }

  close(): void {
    for (const stop of this.#pulses.values()) stop();
    this.#pulses.clear();
    this.#levels.clear();
  }

  #pulse(pin: number, level: number, durationMs: number): InvokeAnswer {
    if (!this.#levels.has(pin)) return { status: Status.DENIED };
    if (this.#pulses.has(pin)) return { status: Status.BUSY };
    this.#levels.set(pin, level);
    const stop = this.#context.after(durationMs, () => {
      this.#pulses.delete(pin);
      this.#levels.set(pin, 1 - level);
      this.#context.notifier.emitEvent(PID.gpioPulsed, wireInteger(pin));
    });
    this.#pulses.set(pin, stop);
    return { status: Status.ACCEPTED };
  }

  #reported(pin: number): InvokeAnswer {
    return { status: Status.OK, outputs: [wireInteger(this.#levels.get(pin) ?? 0)] };
  }
}
