import { expect } from 'vitest';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { CommandId, newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { EventPumps } from '../outbox/event-pumps.ts';
import type { EventSender } from '../outbox/event-sender.ts';
import { openStore } from '../store/store.ts';
import { MemorySender } from './memory-sender.ts';
import { testLog } from './test-base.ts';

/** The pumps over a store on disk and a hub in memory, with a manual clock. */
export class PumpFixture {
  readonly unitId = newId(UnitId);
  readonly clock = manualClock();
  readonly store = openStore({ path: `${temporaryFolder(atTestEnd)}/base.db` });
  readonly sender = new MemorySender();
  #reached = 0;
  #pump = this.#pumpBy(this.sender);

  constructor() {
    atTestEnd.add(async () => {
      await this.#pump.close();
      this.store.close();
      expect(this.clock.pendingTimers).toBe(0);
    });
  }

  get pump(): EventPumps {
    return this.#pump;
  }

  /** Another sender, in place of the one that has the hub in memory. */
  readonly sendBy = (sender: EventSender): EventPumps => {
    this.#pump = this.#pumpBy(sender);
    return this.#pump;
  };

  readonly result = (): BaseEventBody => ({
    type: 'command.finished',
    data: { commandId: newId(CommandId), outcome: 'succeeded', trace: [] },
  });

  readonly reading = (seq = 1): BaseEventBody => ({
    type: 'readings.recorded',
    data: {
      unitId: this.unitId,
      bootId: '00000001',
      readings: [
        { property: 'lux', value: 1, measuredAtMs: 1, receivedAtMs: 1, clock: 'none', seq },
      ],
    },
  });

  readonly append = (...bodies: BaseEventBody[]): void => {
    const { clock, store } = this;
    this.#pump.enqueue(store.commit(() => store.outbox.append(bodies, clock.nowMs())));
  };

  readonly settle = async (): Promise<void> => {
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  };

  /** How often the hub was reported reachable again. */
  readonly reached = (): number => this.#reached;

  /** The numbers of what the hub has. */
  readonly arrived = (): number[] => this.sender.received.map(({ seq }) => seq);

  #pumpBy(sender: EventSender): EventPumps {
    return new EventPumps({
      ...{ clock: this.clock, store: this.store, sender, log: testLog },
      random: () => 0.5,
      hubReached: () => (this.#reached += 1),
    });
  }
}
