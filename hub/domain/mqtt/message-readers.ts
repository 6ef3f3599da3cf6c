import type { SiteId } from '#protocol/ids.ts';
import { Signal } from '#platform/signal.ts';
import type { MessageRecord } from '../../store/mqtt-messages.ts';
import type { Work } from '../../store/unit-of-work.ts';

/** Interprets messages that are published at this hub. */
export interface MessageReader {
  /** Within the transaction that stores them, in order: an acknowledged message has been read. */
  readonly storedIn: (
    work: Work,
    site: SiteId,
    messages: readonly MessageRecord[],
  ) => Promise<void>;
  /** QoS 0, and not retained: it is stored nowhere. */
  readonly passed: (message: MessageRecord) => void;
}

/** The readers of messages, which come after the broker in the order of modules. */
export class MessageReaders {
  readonly #readers: MessageReader[] = [];
  readonly #shown = new Signal<MessageRecord>();

  /** Before the start. */
  register(reader: MessageReader): void {
    this.#readers.push(reader);
  }

  /**
   * Before the start: called with each message that is delivered at this hub, wherever it was
   * published.
   */
  follow(follower: (message: MessageRecord) => void): void {
    this.#shown.follow(follower);
  }

  readonly shown = (message: MessageRecord): void => this.#shown.emit(message);

  async storedIn(work: Work, site: SiteId, messages: readonly MessageRecord[]): Promise<void> {
    for (const reader of this.#readers) await reader.storedIn(work, site, messages);
  }

  passed(message: MessageRecord): void {
    for (const reader of this.#readers) reader.passed(message);
  }
}
