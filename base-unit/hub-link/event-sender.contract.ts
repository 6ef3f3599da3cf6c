import { describe, expect, it } from 'vitest';
import { Epoch, EventId, newId, UnitId } from '#protocol/ids.ts';
import { PRIORITY, type OutboxEvent } from '../store/outbox/outbox-event.ts';
import type { EventSender, SendOutcome } from '../outbox/event-sender.ts';

/** A sender under test, and the other end of it. */
export interface SenderUnderTest {
  readonly sender: EventSender;
  /** Sequence numbers that arrived, each once. */
  readonly arrived: () => number[];
  /** The hub's next answer instead of accepting the batch. */
  readonly answerWith: (outcome: SendOutcome) => void;
}

const RUN = newId(Epoch);

export function eventOf(seq: number, clock = 0): OutboxEvent {
  const data = { unitId: newId(UnitId), state: 'ready', atMs: 1, lastContactAtMs: null };
  const event = { id: newId(EventId), seq, type: 'unit.presence', data };
  return {
    seq,
    run: RUN,
    priority: PRIORITY.status,
    type: event.type,
    json: JSON.stringify(event),
    clock,
  };
}

/** The guarantees of every way to the hub. */
export function itSendsEvents(name: string, start: () => Promise<SenderUnderTest>): void {
  const epoch = newId(Epoch);

  describe(name, () => {
    it('settles a batch that arrived', async () => {
      const { sender, arrived } = await start();
      const events = [eventOf(1), eventOf(2)];
      expect(await sender.send({ epoch, events })).toEqual({ kind: 'settled', refused: [] });
      expect(arrived()).toEqual([1, 2]);
    });

    it('settles a batch that arrived before, and the hub has it once', async () => {
      const { sender, arrived } = await start();
      const batch = { epoch, events: [eventOf(1)] };
      await sender.send(batch);
      expect(await sender.send(batch)).toEqual({ kind: 'settled', refused: [] });
      expect(arrived()).toEqual([1]);
    });

    it.each<SendOutcome>([
      { kind: 'settled', refused: [{ seq: 1, code: 'event_foreign' }] },
      { kind: 'wrong', code: 'bad_request' },
      { kind: 'later', code: 'rate_limited', afterMs: 7_000 },
      { kind: 'later', code: 'internal' },
    ])('passes on what the hub says: %j', async (outcome) => {
      const { sender, arrived, answerWith } = await start();
      answerWith(outcome);
      expect(await sender.send({ epoch, events: [eventOf(1)] })).toEqual(outcome);
      expect(arrived()).toEqual([]);
    });
  });
}
