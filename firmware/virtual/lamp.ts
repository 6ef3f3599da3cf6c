import { Status, type Value } from '#protocol/unit-link/unit_link_pb.ts';
import { booleanValue, colorValue, integerValue, property } from './affordances.ts';
import type { Capability, CapabilityContext, WriteAnswer } from './capability.ts';
import { Fade } from './fade.ts';
import { wireBoolean, wireColor, wireInteger } from './wire-value.ts';

const PID = { on: 1, color: 2, brightness: 3 } as const;
const REPORT_STEP_MS = 100;
const MAX_FADE_MS = 3_600_000;
const SHIFTS = [16, 8, 0];
const ACCESS = { readable: true, writable: true, observable: true, idempotent: true } as const;

const AFFORDANCES = [
  property(
    { pid: PID.on, name: 'on', title: 'On', semantic: 'light.switch' },
    booleanValue(),
    ACCESS,
  ),
  property(
    { pid: PID.color, name: 'color', title: 'Colour', semantic: 'light.color' },
    colorValue(),
    ACCESS,
  ),
  property(
    { pid: PID.brightness, name: 'brightness', title: 'Brightness', semantic: 'light.brightness' },
    integerValue({ unit: '%', minimum: 0, maximum: 100, step: 1 }),
    ACCESS,
  ),
];

export interface LampState {
  readonly on: boolean;
  /** 0xRRGGBB */
  readonly color: number;
  readonly brightness: number;
}

export interface LampOptions {
  readonly initial?: LampState;
  /** A change has come to its end. */
  readonly settled?: (state: LampState) => void;
}

const DARK: LampState = { on: false, color: 0xffffff, brightness: 100 };

/** An RGB lamp: on/off, colour and brightness; the last two can fade. */
export class Lamp implements Capability {
  readonly affordances = AFFORDANCES;
  readonly #context: CapabilityContext;
  readonly #settled: (state: LampState) => void;
  readonly #channels: readonly Fade[];
  readonly #brightness: Fade;
  #isOn: boolean;
  #stopSteps: (() => void) | undefined;

  constructor(context: CapabilityContext, { initial = DARK, settled }: LampOptions = {}) {
    this.#context = context;
    this.#settled = settled ?? (() => undefined);
    this.#channels = SHIFTS.map((shift) => new Fade((initial.color >> shift) & 0xff));
    this.#brightness = new Fade(initial.brightness);
    this.#isOn = initial.on;
  }

  readonly read = (pid: number): Value => {
    const state = this.#state();
    switch (pid) {
      case PID.on:
        return wireBoolean(state.on);
      case PID.color:
        return wireColor(state.color);
      default:
        return wireInteger(state.brightness);
    }
  };

  readonly write = (pid: number, { kind }: Value, transitionMs: number): WriteAnswer => {
    const fade = {
      durationMs: Math.min(transitionMs, MAX_FADE_MS),
      nowMs: this.#context.uptimeMs(),
    };
    if (kind.case === 'boolean') this.#isOn = kind.value;
    if (kind.case === 'integer') this.#brightness.start(Number(kind.value), fade);
    if (kind.case === 'color') {
      const rgb = kind.value;
      this.#channels.forEach((channel, index) => {
        channel.start((rgb >> (SHIFTS[index] ?? 0)) & 0xff, fade);
      });
    }
    this.#context.notifier.propertyChanged(pid);
    if (this.#isFading()) this.#step();
    else this.#settled(this.#state());
    return { status: Status.OK };
  };

  readonly close = (): void => {
    this.#stopSteps?.();
    this.#stopSteps = undefined;
  };

  /** One timer, and only while something fades. */
  #step(): void {
    if (this.#stopSteps) return;
    this.#stopSteps = this.#context.after(REPORT_STEP_MS, () => {
      this.#stopSteps = undefined;
      this.#context.notifier.propertyChanged(PID.color);
      this.#context.notifier.propertyChanged(PID.brightness);
      if (this.#isFading()) this.#step();
      else this.#settled(this.#state());
    });
  }

  #state(): LampState {
    const now = this.#context.uptimeMs();
    return {
      on: this.#isOn,
      color: this.#channels.reduce((rgb, fade) => rgb * 256 + fade.valueAt(now), 0),
      brightness: this.#brightness.valueAt(now),
    };
  }

  #isFading(): boolean {
    const now = this.#context.uptimeMs();
    return [...this.#channels, this.#brightness].some((fade) => fade.isRunningAt(now));
  }
}
