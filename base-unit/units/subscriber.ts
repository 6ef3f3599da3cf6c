import { create } from '@bufbuild/protobuf';
import type { Logger } from 'pino';
import { Status, SubscribeSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { ConnectedUnit } from './connect-unit.ts';
import { type PlannedSubscription, planSubscriptions } from './subscription-plan.ts';

export interface SubscriberDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly sensorIntervalMs: number;
}

const SUBSCRIBE_TIMEOUT_MS = 5_000;
/** A unit that was too busy to subscribe us is asked again so much later, while its link lasts. */
const ASK_AGAIN_MS = 1_000;

/** Subscribes to what a unit has to report, on each of its connections. */
export class Subscriber {
  readonly #deps: SubscriberDeps;
  #cancelAgain: CancelTimer | undefined;

  constructor(deps: SubscriberDeps) {
    this.#deps = deps;
  }

  start(connected: ConnectedUnit): void {
    this.#ask(connected, planSubscriptions(connected.model, this.#deps.sensorIntervalMs));
  }

  /** The connection is gone. */
  stop(): void {
    this.#cancelAgain?.();
    this.#cancelAgain = undefined;
  }

  #ask(connected: ConnectedUnit, plan: readonly PlannedSubscription[]): void {
    void this.#subscribe(connected, plan).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'subscribing failed');
    });
  }

  async #subscribe(connected: ConnectedUnit, plan: readonly PlannedSubscription[]): Promise<void> {
    const { link } = connected;
    const refused: PlannedSubscription[] = [];
    for (const planned of plan) {
      const answer = await link.request(
        { case: 'subscribe', value: create(SubscribeSchema, { ...planned }) },
        { expected: ['result'], timeoutMs: SUBSCRIBE_TIMEOUT_MS },
      );
      if (!link.isOpen) return;
      const status = answer.ok && answer.body.case === 'result' ? answer.body.value.status : 0;
      if (status === Status.BUSY) refused.push(planned);
      else if (status !== Status.OK) {
        this.#deps.log.debug({ pid: planned.pid, status }, 'not subscribed');
      }
    }
    if (refused.length === 0) return;
    this.#cancelAgain = this.#deps.clock.after(ASK_AGAIN_MS, () => {
      this.#cancelAgain = undefined;
      this.#ask(connected, refused);
    });
  }
}
