import { Cell } from '#client/cell.ts';
import { TOPIC_LIMITS, TopicNews, type TopicState } from '#protocol/http/topics.ts';

/** As much of an EventSource as the feed uses. */
export interface TopicSource {
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  readonly addEventListener: (
    type: 'topics',
    listener: (event: MessageEvent<string>) => void,
  ) => void;
  readonly close: () => void;
}

export interface TopicFeedDeps {
  readonly open: () => TopicSource;
  readonly nowMs: () => number;
}

export interface SeenTopic extends TopicState {
  /** Messages since the page looks. */
  readonly total: number;
  /** Messages a second, lately. */
  readonly rate: number;
}

export interface TopicsSeen {
  readonly kind: 'stopped' | 'connecting' | 'live' | 'lost';
  /** By topic; another map each time that something came. */
  readonly topics: ReadonlyMap<string, SeenTopic>;
  /** Messages at topics that are not shown. */
  readonly hidden: number;
}

/** Of the rate: how much the last interval counts, beside those before. */
const FRESH_SHARE = 0.3;
const MIN_INTERVAL_MS = 100;

/** What is published at the topics of a site, from when it is started until it is stopped. */
export class TopicFeed {
  readonly seen = new Cell<TopicsSeen>({ kind: 'stopped', topics: new Map(), hidden: 0 });
  readonly #deps: TopicFeedDeps;
  #source: TopicSource | undefined;
  readonly #cameAtMs = new Map<string, number>();

  constructor(deps: TopicFeedDeps) {
    this.#deps = deps;
  }

  readonly start = (): void => {
    if (this.#source) return;
    const source = this.#deps.open();
    this.#source = source;
    this.#put({ kind: 'connecting' });
    source.onopen = () => this.#put({ kind: 'live' });
    // The browser opens it again by itself.
    source.onerror = () => this.#put({ kind: 'lost' });
    source.addEventListener('topics', ({ data }) => this.#news(data));
  };

  readonly stop = (): void => {
    this.#source?.close();
    this.#source = undefined;
    this.#put({ kind: 'stopped' });
  };

  readonly clear = (): void => {
    this.#cameAtMs.clear();
    this.#put({ topics: new Map(), hidden: 0 });
  };

  #news(data: string): void {
    const news = TopicNews.safeParse(jsonOf(data));
    if (!news.success || !this.#source) return;
    const nowMs = this.#deps.nowMs();
    const topics = new Map(this.seen.get().topics);
    for (const state of news.data.topics) {
      const { topic } = state;
      if (!topics.has(topic) && topics.size >= TOPIC_LIMITS.topics) continue;
      topics.set(topic, this.#next(topics.get(topic), state, nowMs));
    }
    this.#put({ kind: 'live', topics, hidden: this.seen.get().hidden + news.data.hidden });
  }

  #next(before: SeenTopic | undefined, state: TopicState, nowMs: number): SeenTopic {
    const total = (before?.total ?? 0) + state.count;
    const cameAtMs = this.#cameAtMs.get(state.topic);
    if (state.count > 0) this.#cameAtMs.set(state.topic, nowMs);
    // Retained before: the broker still has it, whatever came since.
    const isRetained = state.isRetained || (state.count > 0 && before?.isRetained === true);
    if (cameAtMs === undefined || state.count === 0) {
      return { ...state, isRetained, total, rate: before?.rate ?? 0 };
    }
    const seconds = Math.max(MIN_INTERVAL_MS, nowMs - cameAtMs) / 1_000;
    const fresh = state.count / seconds;
    const rate = before?.rate ? before.rate + (fresh - before.rate) * FRESH_SHARE : fresh;
    return { ...state, isRetained: isRetained && state.bytes > 0, total, rate };
  }

  #put(change: Partial<TopicsSeen>): void {
    this.seen.set({ ...this.seen.get(), ...change });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
