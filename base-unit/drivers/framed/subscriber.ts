import type { UnitIdentity } from '../port/unit-identity.ts';
import { create } from '@bufbuild/protobuf';
import type { Logger } from 'pino';
import { ResumeSchema, Status, SubscribeSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { SampleCursor } from '../port/sample-cursor.ts';
import { type PlannedSubscription, planSubscriptions } from './subscription-plan.ts';
import type { FramedLink } from './framed-link.ts';
import type { NumberedModel } from './numbered-model.ts';

export interface SubscriberDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly sensorIntervalMs: number;
  readonly cursor: SampleCursor;
}

/** The session of the subscribed unit. */
export interface SubscribedSession extends SubscriberDeps {
  readonly link: FramedLink;
  readonly identity: UnitIdentity;
  readonly model: NumberedModel;
}

const SUBSCRIBE_TIMEOUT_MS = 5_000;
/** Retry interval for a unit that was too busy to subscribe us, while its link lasts. */
const RETRY_MS = 1_000;

/**
 * Subscribes to a unit's reports, in each of its sessions; before that it requests the
 * samples from in between (docs/unit-link.md section 10).
 */
export class Subscriber {
  readonly #deps: SubscribedSession;
  #cancelRetry: CancelTimer | undefined;

  constructor(deps: SubscribedSession) {
    this.#deps = deps;
  }

  start(): void {
    const { cursor, identity, model, sensorIntervalMs } = this.#deps;
    const plan = planSubscriptions(model, sensorIntervalMs);
    const afterSeq = cursor.connected(identity.bootId);
    this.#keepTrying(async () => {
      if (await this.#resume(afterSeq)) this.#startSubscribing(plan);
    });
  }

  /** The connection is gone. */
  stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  #startSubscribing(plan: readonly PlannedSubscription[]): void {
    this.#keepTrying(async () => this.#subscribe(plan));
  }

  #keepTrying(attempt: () => Promise<void>): void {
    void attempt().catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'subscription failed');
    });
  }

  /** @returns false when there is nothing to subscribe on now. */
  async #resume(afterSeq: number): Promise<boolean> {
    const { link } = this.#deps;
    const answer = await link.request(
      { case: 'resume', value: create(ResumeSchema, { afterSeq }) },
      {
        expected: ['resumed', 'result'],
        timeoutMs: SUBSCRIBE_TIMEOUT_MS,
        // Samples may be right behind it.
        atOnce: (body) => {
          if (body.case === 'resumed') this.#deps.cursor.resumed(body.value.nextSeq);
        },
      },
    );
    if (!link.isOpen) return false;
    if (!answer.ok) {
      // Continuing would leave the gap unknown; the next connection requests again.
      link.refuse(answer.code === 'unit_timeout' ? 'unit_timeout' : 'unit_unreachable');
      return false;
    }
    if (answer.body.case === 'result' && answer.body.value.status === Status.BUSY) {
      this.#scheduleRetry(() => {
        this.start();
      });
      return false;
    }
    return true;
  }

  #scheduleRetry(run: () => void): void {
    this.#cancelRetry = this.#deps.clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      run();
    });
  }

  async #subscribe(plan: readonly PlannedSubscription[]): Promise<void> {
    const { link } = this.#deps;
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
        this.#deps.log.debug({ pid: planned.pid, status }, 'subscription refused');
      }
    }
    if (refused.length === 0) return;
    this.#scheduleRetry(() => {
      this.#startSubscribing(refused);
    });
  }
}
