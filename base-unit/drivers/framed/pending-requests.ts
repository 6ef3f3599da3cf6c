import type { ErrorCode } from '#protocol/errors.ts';
import type { Envelope } from '#protocol/unit-link/unit_link_pb.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';

type Body = Envelope['body'];

export type AnswerCase = NonNullable<Body['case']>;

/** What became of a request on one connection. */
export type Answer =
  | { readonly ok: true; readonly body: Body; readonly atMs: number }
  | { readonly ok: false; readonly code: 'unit_timeout' | 'link_lost' };

export interface RequestOptions {
  readonly expected: readonly AnswerCase[];
  readonly timeoutMs: number;
  /** Called as the answer is read, before the messages that come behind it. */
  readonly atOnce?: (body: Body) => void;
  /** Called with an answer that comes after the timeout, while the connection lasts. */
  readonly late?: (body: Body) => void;
}

interface Waiter {
  readonly expected: readonly AnswerCase[];
  readonly settle: (answer: Answer) => void;
  readonly late: ((body: Body) => void) | undefined;
  readonly atOnce: ((body: Body) => void) | undefined;
  readonly cancel: CancelTimer;
}

/** How many answers are still recognised after their time. */
const MAX_LATE = 16;
export const LAST_REQUEST_ID = 0xffff_ffff;

/** The requests of one connection that wait for their answers. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #waiters = new Map<number, Waiter>();
  readonly #late = new Map<number, Waiter>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A fresh request id. */
  nextId(): number {
    this.#lastId = this.#lastId === LAST_REQUEST_ID ? 1 : this.#lastId + 1;
    return this.#lastId;
  }

  /** The answer to come. */
  async add(requestId: number, options: RequestOptions): Promise<Answer> {
    return new Promise<Answer>((settle) => {
      const cancel = this.#clock.after(options.timeoutMs, () => {
        this.#giveUp(requestId);
      });
      this.#waiters.set(requestId, {
        ...options,
        late: options.late,
        atOnce: options.atOnce,
        settle,
        cancel,
      });
    });
  }

  /** @returns why the answer is not believed, if it is not. */
  settle({ requestId, body }: Envelope): ErrorCode | 'unsolicited' | undefined {
    const waiter = this.#waiters.get(requestId) ?? this.#late.get(requestId);
    if (!waiter) return 'unsolicited';
    if (body.case === undefined || !waiter.expected.includes(body.case)) {
      return 'unit_protocol_error';
    }
    if (this.#late.delete(requestId)) {
      waiter.late?.(body);
      return undefined;
    }
    this.#waiters.delete(requestId);
    waiter.cancel();
    waiter.atOnce?.(body);
    waiter.settle({ ok: true, body, atMs: this.#clock.nowMs() });
    return undefined;
  }

  /** The connection is gone. */
  close(): void {
    for (const waiter of this.#waiters.values()) {
      waiter.cancel();
      waiter.settle({ ok: false, code: 'link_lost' });
    }
    this.#waiters.clear();
    this.#late.clear();
  }

  #giveUp(requestId: number): void {
    const waiter = this.#waiters.get(requestId);
    if (!waiter) return;
    this.#waiters.delete(requestId);
    this.#late.set(requestId, waiter);
    const [oldest] = this.#late.keys();
    if (this.#late.size > MAX_LATE && oldest !== undefined) this.#late.delete(oldest);
    waiter.settle({ ok: false, code: 'unit_timeout' });
  }
}
