import { create } from '@bufbuild/protobuf';
import { ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import {
  type ManualClock,
  type Tampering,
  virtualUnit,
} from '../../../test/harness/virtual-units.ts';

/** How the unit reacts to commands. */
export type Behaviour =
  | 'willing'
  | 'busy'
  /** It never sees the request, or never answers it. */
  | 'deaf'
  | 'cut before'
  /** It executes the command, and its answer is lost or delayed. */
  | 'cut after'
  | 'slow';

/** A lamp that can be made to fail, and that counts what reached it. */
export class ModelUnit {
  behaviour: Behaviour = 'willing';
  /** How often each command arrived and was not put off, by its tag. */
  readonly arrivals = new Map<bigint, number>();
  /** The unit executed it, and meant to answer. */
  readonly done = new Set<bigint>();
  /** It arrived, and at least once there was no answer. */
  readonly unanswered = new Set<bigint>();
  readonly unit;
  readonly #held: (() => void)[] = [];
  /** By request id; one peer at a time, and each request is answered before the next comes. */
  readonly #tags = new Map<number, bigint>();

  constructor(clock: ManualClock, cleanup: Cleanup) {
    this.unit = virtualUnit({ kind: 'lamp', clock, tampering: this.#tampering() }, cleanup);
  }

  /** Answers that were held back are given now. */
  answerHeld(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  #tampering(): Tampering {
    return {
      onRequest: ({ requestId, body }, link) => {
        if (body.case === 'hello') this.#tags.clear();
        if (body.case !== 'write' && body.case !== 'invoke') return false;
        const tag = body.value.tag?.commandId ?? 0n;
        // Busy means that it was not executed and may be sent again (docs/unit-link.md 5.7).
        if (this.behaviour !== 'busy') this.arrivals.set(tag, (this.arrivals.get(tag) ?? 0) + 1);
        this.#tags.set(requestId, tag);
        switch (this.behaviour) {
          case 'busy':
            link.send(requestId, {
              case: 'result',
              value: create(ResultSchema, { status: Status.BUSY }),
            });
            return true;
          case 'deaf':
            this.unanswered.add(tag);
            return true;
          case 'cut before':
            this.unanswered.add(tag);
            link.drop();
            return true;
          case 'willing':
          case 'cut after':
          case 'slow':
            return false;
          default:
            return this.behaviour satisfies never;
        }
      },
      onSend: ({ requestId, body }, link) => {
        const tag = this.#tags.get(requestId);
        if (body.case !== 'result' || tag === undefined) return false;
        this.#tags.delete(requestId);
        const { status, firstStatus } = body.value;
        if ((status === Status.DUPLICATE ? firstStatus : status) === Status.OK) this.done.add(tag);
        if (this.behaviour === 'cut after') {
          this.unanswered.add(tag);
          link.drop();
          return true;
        }
        if (this.behaviour === 'slow') {
          this.unanswered.add(tag);
          this.#held.push(() => link.send(requestId, body));
          return true;
        }
        return false;
      },
    };
  }
}
