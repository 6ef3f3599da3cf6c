import { z } from 'zod';
import { BaseEvent } from '#protocol/hub-link/base-events.ts';
import type { EventBatch, EventSender, SendOutcome } from '../outbox/event-sender.ts';

const Text = z.string().transform((text) => BaseEvent.parse(JSON.parse(text)));

/** A hub in memory: stores each event once, and answers as instructed. */
export class MemorySender implements EventSender {
  readonly #received = new Map<string, BaseEvent>();
  readonly batches: EventBatch[] = [];
  /** Called first; undefined lets the batch pass. */
  answer: ((batch: EventBatch) => SendOutcome | undefined) | undefined;

  /** In the order of arrival. */
  get received(): BaseEvent[] {
    return [...this.#received.values()];
  }

  readonly send = async (batch: EventBatch): Promise<SendOutcome> => {
    await Promise.resolve();
    this.batches.push(batch);
    const outcome = this.answer?.(batch);
    if (outcome && outcome.kind !== 'settled') return outcome;
    const refused = outcome?.refused ?? [];
    for (const { seq, run, json } of batch.events) {
      if (refused.some((one) => one.seq === seq)) continue;
      const key = `${run} ${seq}`;
      if (!this.#received.has(key)) this.#received.set(key, Text.parse(json));
    }
    return { kind: 'settled', refused };
  };
}
