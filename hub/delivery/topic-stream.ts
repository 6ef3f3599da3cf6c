import { PassThrough } from 'node:stream';
import type { ErrorCode } from '#protocol/errors.ts';
import { TOPIC_LIMITS, type TopicNews, type TopicState } from '#protocol/http/topics.ts';
import { DeviceId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { partsOfSubject } from '../kernel/subject.ts';
import type { MessageRecord } from '../store/mqtt-messages.ts';

/** News are gathered for so long: whoever watches sees no more at a time anyway. */
const GATHER_MS = 250;
/** Of what a reader has not fetched yet; until then the news of each topic replace each other. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Topics in one message of the stream. */
const PAGE = 200;
const HEARTBEAT_MS = 15_000;
/** A reader that fetches nothing for so long is disconnected. */
const MAX_IDLE_MS = 45_000;

interface Gathered {
  message: MessageRecord;
  count: number;
}

/** The messages of one site, for one reader: the last of each topic, and how many there were. */
export class TopicStream {
  readonly output = new PassThrough({ highWaterMark: MAX_WAITING_BYTES });
  readonly #clock: Clock;
  readonly #under: string;
  readonly #news = new Map<string, Gathered>();
  readonly #known = new Set<string>();
  #hidden = 0;
  #cancelTimer: CancelTimer | undefined;
  #writtenAtMs: number;
  #fetchedAtMs: number;

  constructor(deps: { readonly clock: Clock; readonly under: string | undefined }) {
    this.#clock = deps.clock;
    this.#under = deps.under ?? '';
    this.#writtenAtMs = deps.clock.monotonicMs();
    this.#fetchedAtMs = this.#writtenAtMs;
  }

  get isOver(): boolean {
    return this.output.destroyed || this.output.writableEnded;
  }

  /** @param retained what the broker keeps, in any order. */
  open(retained: readonly MessageRecord[]): void {
    // At once, so that whoever follows knows that the stream is open.
    this.output.write(': open\n\n');
    for (const message of retained) this.#put(message, 0);
    this.#flush();
    this.#tick();
  }

  shown(message: MessageRecord): void {
    if (!this.isOver && isUnder(message.topic, this.#under)) this.#put(message, 1);
  }

  cut(): void {
    this.#cancelTimer?.();
    this.output.destroy();
  }

  endForNow(code: ErrorCode, retryAfterMs: number): void {
    this.#cancelTimer?.();
    if (this.isOver) return;
    this.output.end(`retry: ${retryAfterMs}\nevent: closed\ndata: ${JSON.stringify({ code })}\n\n`);
  }

  #put(message: MessageRecord, count: number): void {
    const { topic } = message;
    if (!this.#known.has(topic)) {
      if (this.#known.size >= TOPIC_LIMITS.topics) {
        this.#hidden += count;
        return;
      }
      this.#known.add(topic);
    }
    const before = this.#news.get(topic);
    // Passed on by the broker to others, and not by it to them: a message is shown once.
    if (before) Object.assign(before, { message, count: before.count + count });
    else this.#news.set(topic, { message, count });
  }

  #tick(): void {
    this.#cancelTimer = this.#clock.after(GATHER_MS, () => {
      if (this.isOver) return;
      this.#flush();
      this.#tick();
    });
  }

  #flush(): void {
    const nowMs = this.#clock.monotonicMs();
    const isStuck = this.output.writableNeedDrain || this.output.readableLength > MAX_WAITING_BYTES;
    if (!isStuck) this.#fetchedAtMs = nowMs;
    else if (nowMs - this.#fetchedAtMs > MAX_IDLE_MS) this.cut();
    while (!this.isOver && this.#news.size > 0 && !this.output.writableNeedDrain) {
      const topics: TopicState[] = [];
      for (const [topic, { message, count }] of this.#news) {
        this.#news.delete(topic);
        topics.push(topicState(message, count));
        if (topics.length === PAGE) break;
      }
      const news: TopicNews = { topics, hidden: this.#hidden };
      this.#hidden = 0;
      this.#writtenAtMs = nowMs;
      this.output.write(`event: topics\ndata: ${JSON.stringify(news)}\n\n`);
    }
    if (!isStuck && nowMs - this.#writtenAtMs >= HEARTBEAT_MS) {
      this.#writtenAtMs = nowMs;
      this.output.write(': heartbeat\n\n');
    }
  }
}

function isUnder(topic: string, under: string): boolean {
  return under === '' || topic === under || topic.startsWith(`${under}/`);
}

/** A message as people see it. */
export function topicState(message: MessageRecord, count: number): TopicState {
  const { topic, payload, qos, isRetained, author, storedAtMs } = message;
  const { kind, id } = partsOfSubject(author);
  return {
    ...{ topic, qos, isRetained, count, atMs: storedAtMs, bytes: payload.length },
    payload: payload.subarray(0, TOPIC_LIMITS.shownBytes).toString('base64'),
    deviceId: kind === 'device' ? (DeviceId.safeParse(id).data ?? null) : null,
  };
}
