import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { EVENT_STREAM } from '#protocol/http/event-stream.ts';
import { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

export interface EventReaderDeps {
  readonly url: string;
  readonly ca?: string;
  readonly token: string;
  readonly siteId: SiteId;
  readonly cleanup: Cleanup;
}

const RETRY_MS = 50;

/**
 * Follows the events of a site as any program would: server-sent events, opened again with
 * the last id after each break. From the first event that is kept.
 */
export class EventReader {
  /** In the order in which they came. */
  readonly events: SiteEvent[] = [];
  /** What the hub sent at each opening, and where something is missing. */
  readonly openings: ('opened' | 'not-recovered')[] = [];
  readonly #deps: EventReaderDeps;
  readonly #agent: Agent;
  readonly #over = new AbortController();
  #lastId: string | undefined;
  #isOpen = false;

  constructor(deps: EventReaderDeps) {
    this.#deps = deps;
    this.#agent = new Agent(deps.ca === undefined ? {} : { connect: { ca: deps.ca } });
    deps.cleanup.add(async () => {
      this.#over.abort();
      await this.#agent.destroy();
    });
  }

  /** Whether a hub answers it now. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(): void {
    void this.#follow();
  }

  async #follow(): Promise<void> {
    while (!this.#over.signal.aborted) {
      try {
        await this.#readOnce();
      } catch {
        // The hub is away, or went: opened again.
      } finally {
        this.#isOpen = false;
      }
      await sleep(RETRY_MS);
    }
  }

  async #readOnce(): Promise<void> {
    const { url, siteId, token } = this.#deps;
    const { body } = await fetch(`${url}/api/sites/${siteId}/events?after=0`, {
      dispatcher: this.#agent,
      signal: this.#over.signal,
      headers: {
        accept: EVENT_STREAM,
        authorization: `Bearer ${token}`,
        ...(this.#lastId === undefined ? {} : { 'last-event-id': this.#lastId }),
      },
    });
    if (!body) return;
    const decoder = new TextDecoder();
    let rest = '';
    const chunks: AsyncIterable<Uint8Array> = body;
    for await (const chunk of chunks) {
      const messages = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#received(message);
    }
  }

  #received(message: string): void {
    const fields = new Map<string, string>();
    for (const line of message.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const name = fields.get('event');
    if (name === 'opened') this.#isOpen = true;
    if (name === 'opened' || name === 'not-recovered') this.openings.push(name);
    else if (name !== undefined) {
      this.events.push(SiteEvent.parse(JSON.parse(fields.get('data') ?? '')));
    }
    this.#lastId = fields.get('id') ?? this.#lastId;
  }
}
