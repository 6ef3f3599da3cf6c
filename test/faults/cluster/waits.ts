import type { Cleanup } from '#platform/testing/cleanup.ts';
import { type LogFile, LogLine } from '../programs/log-file.ts';

const LOOK_EVERY_MS = 20;

/** How long each client was without a hub at a time, at worst. */
export class Waits {
  readonly #clients = new Map<
    string,
    { isServed: () => boolean; sinceMs: number; maxMs: number }
  >();
  readonly #timer: NodeJS.Timeout;

  constructor(cleanup: Cleanup) {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    cleanup.add(() => clearInterval(this.#timer));
  }

  /** From now on. */
  watch(client: string, isServed: () => boolean): void {
    this.#clients.set(client, { isServed, sinceMs: performance.now(), maxMs: 0 });
  }

  /** In milliseconds, by client. */
  longest(): Map<string, number> {
    this.#look();
    return new Map(Array.from(this.#clients, ([client, { maxMs }]) => [client, maxMs]));
  }

  #look(): void {
    const nowMs = performance.now();
    for (const client of this.#clients.values()) {
      if (client.isServed()) client.sinceMs = nowMs;
      else client.maxMs = Math.max(client.maxMs, nowMs - client.sinceMs);
    }
  }
}

/** The longest time that a base was without its hub, by its own log. */
export function longestBaseWaitMs(log: LogFile, fromByte: number): number {
  let lostMs: number | undefined;
  let longestMs = 0;
  for (const line of log.grep('"msg":"hub link ', fromByte)) {
    const { time, msg } = LogLine.parse(JSON.parse(line));
    if (msg === 'hub link ready') {
      if (lostMs !== undefined) longestMs = Math.max(longestMs, time - lostMs);
      lostMs = undefined;
    } else if (msg === 'hub link lost' || msg === 'hub link closed by hub') lostMs ??= time;
  }
  return lostMs === undefined ? longestMs : Infinity;
}
