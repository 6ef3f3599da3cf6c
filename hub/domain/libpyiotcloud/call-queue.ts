import { type BoardCall, readBoardAnswer } from '#protocol/device/board-call.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';

/** A board has so long to answer, and a call so long to wait for its turn. */
export const ANSWER_MS = 3_000;
/**
 * After a call without an answer, the next one is not sent for so long after it, unless the answer
 * comes before: nothing on the wire says which call it belongs to.
 */
export const LATE_ANSWER_MS = 10_000;
/** A board that answers twice is given so long to do so. */
const SECOND_ANSWER_MS = 250;
const MAX_WAITING = 32;

export type CallOutcome =
  | { readonly kind: 'answered'; readonly text: string }
  /** It answered something that is not JSON. */
  | { readonly kind: 'unreadable' }
  /** It is not connected, or does not answer. */
  | { readonly kind: 'silent' }
  /** It was unregistered meanwhile. */
  | { readonly kind: 'unregistered' }
  /** Too many wait. */
  | { readonly kind: 'busy' };

export interface QueuedCall {
  readonly id: string;
  readonly call: BoardCall;
  /** The connection that the board has. */
  readonly place: string;
  /** Publishes it; false: another hub has the turn, for longer than the call can wait. */
  readonly send: () => Promise<boolean>;
  /** It is over; a number: until when its answer may still come. */
  readonly over: (mayAnswerUntilMs: number | undefined) => void;
}

interface Waiting extends QueuedCall {
  readonly resolve: (outcome: CallOutcome) => void;
  readonly reject: (error: unknown) => void;
  cancelTimer: CancelTimer;
  sentAtMs: number;
  /** Its message was seen in the order of messages: what comes from here on may answer it. */
  isSent: boolean;
}

export interface CallQueueDeps {
  readonly clock: Clock;
  /** Whether the board is known to answer twice. */
  readonly answersTwice: () => boolean;
  readonly noteSecondAnswer: () => void;
}

/**
 * The calls of one API at one board, one at a time: an answer says neither which call it belongs
 * to, nor whether it is late or a second one.
 */
export class CallQueue {
  readonly #deps: CallQueueDeps;
  readonly #waiting: Waiting[] = [];
  #current: Waiting | undefined;
  /** An answer may still come to a call that has ended, over the connection of that call. */
  #owed: { readonly place: string; readonly cancel: CancelTimer } | undefined;
  #cancelPause: CancelTimer | undefined;

  constructor(deps: CallQueueDeps) {
    this.#deps = deps;
  }

  /** Nothing runs, waits or is owed. */
  get isIdle(): boolean {
    return !this.#current && !this.#owed && !this.#cancelPause && this.#waiting.length === 0;
  }

  get size(): number {
    const { length } = this.#waiting;
    return this.#current ? length + 1 : length;
  }

  submit(queued: QueuedCall): Promise<CallOutcome> {
    // Nothing is owed by a connection that has ended.
    if (this.#owed && this.#owed.place !== queued.place) this.#settle();
    if (this.#waiting.length >= MAX_WAITING) return Promise.resolve({ kind: 'busy' });
    return new Promise((resolve, reject) => {
      const timer = this.#deps.clock.after(ANSWER_MS, () => this.#leave(one));
      const one: Waiting = {
        ...queued,
        ...{ resolve, reject, cancelTimer: timer, sentAtMs: 0, isSent: false },
      };
      this.#waiting.push(one);
      this.#advance();
    });
  }

  /** A request passed by in the order of messages. */
  sent(id: string): void {
    if (this.#current?.id === id) this.#current.isSent = true;
  }

  /** The board published an answer. @param id that it names, as clients of MQTT 5 can. */
  answered(payload: Uint8Array, id: string | undefined): void {
    const current = this.#current;
    if (current?.isSent && (id === undefined || id === current.id)) {
      const answer = readBoardAnswer(current.call, payload);
      if (answer.kind !== 'other') {
        const text = answer.kind === 'answer' ? answer.text : undefined;
        this.#end(
          current,
          text === undefined ? { kind: 'unreadable' } : { kind: 'answered', text },
        );
        return;
      }
    } else if (!current && this.#owed) {
      this.#settle();
      this.#advance();
      return;
    }
    this.#deps.noteSecondAnswer();
    this.#pause();
  }

  /** Ends all of them. */
  close(outcome: CallOutcome): void {
    this.#settle();
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#refuse(outcome);
    if (this.#current) this.#end(this.#current, outcome);
  }

  #advance(): void {
    if (this.#current || this.#owed || this.#cancelPause) return;
    const next = this.#waiting.shift();
    if (!next) return;
    const { clock } = this.#deps;
    this.#current = next;
    next.cancelTimer();
    next.sentAtMs = clock.nowMs();
    next.cancelTimer = clock.after(ANSWER_MS, () => this.#timedOut(next));
    next.send().then(
      (isOnItsWay) => {
        if (!isOnItsWay) this.#end(next, { kind: 'silent' });
      },
      (error: unknown) => {
        next.reject(error);
        this.#end(next, { kind: 'silent' });
      },
    );
  }

  #timedOut(one: Waiting): void {
    if (this.#current !== one) return;
    // They would hear no more.
    this.#refuse({ kind: 'silent' });
    if (!one.isSent) {
      this.#end(one, { kind: 'silent' });
      return;
    }
    const { clock } = this.#deps;
    const cancel = clock.after(LATE_ANSWER_MS - ANSWER_MS, () => {
      this.#settle();
      this.#advance();
    });
    this.#owed = { place: one.place, cancel };
    this.#end(one, { kind: 'silent' }, one.sentAtMs + LATE_ANSWER_MS);
  }

  #end(one: Waiting, outcome: CallOutcome, mayAnswerUntilMs?: number): void {
    if (this.#current !== one) return;
    this.#current = undefined;
    one.cancelTimer();
    one.over(mayAnswerUntilMs);
    one.resolve(outcome);
    if (outcome.kind === 'answered' && this.#deps.answersTwice()) this.#pause();
    this.#advance();
  }

  #leave(one: Waiting): void {
    const index = this.#waiting.indexOf(one);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    one.resolve({ kind: 'silent' });
  }

  #refuse(outcome: CallOutcome): void {
    for (const one of this.#waiting.splice(0)) {
      one.cancelTimer();
      one.resolve(outcome);
    }
  }

  #settle(): void {
    this.#owed?.cancel();
    this.#owed = undefined;
  }

  #pause(): void {
    this.#cancelPause?.();
    this.#cancelPause = this.#deps.clock.after(SECOND_ANSWER_MS, () => {
      this.#cancelPause = undefined;
      this.#advance();
    });
  }
}
