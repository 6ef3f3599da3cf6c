import type { Value } from '#protocol/unit-link/unit_link_pb.ts';
import { numberValue, property } from './affordances.ts';
import type { Capability, CapabilityContext } from './capability.ts';
import { wireNumber } from './wire-value.ts';

const ILLUMINANCE_PID = 1;
const MAX_LUX = 100_000;

const AFFORDANCES = [
  property(
    {
      pid: ILLUMINANCE_PID,
      name: 'illuminance',
      title: 'Illuminance',
      semantic: 'sensor.illuminance',
    },
    numberValue('lx', 0, MAX_LUX),
    { readable: true, observable: true },
  ),
];

/** Measures a made-up light at its own pace, and only while somebody listens. */
export class LightSensor implements Capability {
  readonly affordances = AFFORDANCES;
  readonly #context: CapabilityContext;
  readonly #periodMs: number;
  readonly #luxAt: (uptimeMs: number) => number;
  #lux: number | undefined;
  #measuredAtMs = 0;
  #stopTimer: (() => void) | undefined;

  constructor(
    context: CapabilityContext,
    options: { readonly periodMs: number; readonly luxAt: (uptimeMs: number) => number },
  ) {
    this.#context = context;
    this.#periodMs = options.periodMs;
    this.#luxAt = options.luxAt;
  }

  readonly read = (): Value => {
    if (this.#stopTimer === undefined || this.#lux === undefined) this.#measure();
    return wireNumber(this.#lux ?? 0);
  };

  readonly measuredAtMs = (): number => this.#measuredAtMs;

  readonly observed = (_pid: number, isObserved: boolean): void => {
    if (!isObserved) this.close();
    else if (this.#stopTimer === undefined) this.#arm();
  };

  readonly close = (): void => {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  };

  #arm(): void {
    this.#stopTimer = this.#context.after(this.#periodMs, () => {
      this.#arm();
      if (this.#measure()) this.#context.notifier.propertyChanged(ILLUMINANCE_PID);
    });
  }

  #measure(): boolean {
    this.#measuredAtMs = this.#context.uptimeMs();
    const lux = Math.min(MAX_LUX, Math.max(0, this.#luxAt(this.#measuredAtMs)));
    const changed = lux !== this.#lux;
    this.#lux = lux;
    return changed;
  }
}

/** A calm day of ten minutes with clouds: believable, and another one for each seed. */
export function madeUpLight(seed: number): (uptimeMs: number) => number {
  const phase = (seed * 2.399963) % (2 * Math.PI);
  return (uptimeMs) => {
    const seconds = uptimeMs / 1_000;
    const day = 400 + 300 * Math.sin((2 * Math.PI * seconds) / 600 + phase);
    const clouds = 40 * Math.sin(seconds / 7 + phase) + 15 * Math.sin(seconds / 1.7);
    return Math.round((day + clouds) * 10) / 10;
  };
}
