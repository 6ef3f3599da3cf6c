import type { Module } from '#platform/assembly.ts';
import { Signal } from '#platform/signal.ts';
import type { Foundation } from '../store/module.ts';
import { EventPumps } from './event-pumps.ts';
import type { EventSender } from './event-sender.ts';
import { EventWriter } from './event-writer.ts';

export interface OutboxNeeds extends Foundation {
  readonly sender: EventSender;
}

export interface OutboxOffers {
  readonly pump: EventPumps;
  readonly writer: EventWriter;
  /** Events get through again, after they did not. */
  readonly hubReached: Pick<Signal, 'follow'>;
}

export function outboxModule(needs: OutboxNeeds): Module<OutboxOffers> {
  const { group } = needs;
  const log = (component: string) => needs.log.child({ component });
  const hubReached = new Signal();
  const pump = new EventPumps({
    ...needs,
    log: log('event-pump'),
    hubReached: hubReached.emit,
  });
  const writer = new EventWriter({
    ...needs,
    log: log('event-writer'),
    eventBytes: () => pump.eventBytes,
    appended: (events) => {
      pump.enqueue(events);
    },
    sendBeforeCommit: (events) => {
      pump.sendBeforeCommit(events);
    },
  });
  return {
    offers: { pump, writer, hubReached },
    start: () => {
      pump.start();
    },
    close: async () => {
      group.flush();
      writer.close();
      await pump.close();
    },
  };
}
