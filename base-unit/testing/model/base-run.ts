import type { LogEntry } from '#protocol/hub-link/base-log.ts';
import { BaseId, newId, type UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import type { Clock } from '#platform/clock.ts';
import { CommandRouter, type CommandRouterDeps } from '../../commands/command-router.ts';
import type { CommandTask } from '../../drivers/port/command-task.ts';
import { EventWriter } from '../../outbox/event-writer.ts';
import { EventPumps } from '../../outbox/event-pumps.ts';
import { LogFollower, type Ingested } from '../../hub-link/channel/log-follower.ts';
import { GroupCommit } from '../../store/group-commit.ts';
import type { OutboxEvent } from '../../store/outbox/outbox-event.ts';
import type { Store } from '../../store/store.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import { nodeCrypto } from '../../drivers/framed/node-crypto.ts';
import { unitEventSink } from '../../units/unit-event-sink.ts';
import { UnitRegistry } from '../../units/unit-registry.ts';
import type { UnitTransport } from '../../drivers/transport/unit-transport.ts';
import { testLog } from '../test-base.ts';
import type { ModelDisk } from './model-disk.ts';
import { MODEL_BOOT, type ModelHub } from './model-hub.ts';

export interface BaseRunDeps {
  readonly disk: ModelDisk;
  readonly clock: Clock;
  readonly hub: ModelHub;
  readonly transport: UnitTransport;
  readonly written: (task: CommandTask) => void;
  readonly stored: (events: readonly OutboxEvent[]) => void;
}

/** Notes for each command that its bytes have left. */
class WatchedRouter extends CommandRouter {
  readonly #onWritten: (task: CommandTask) => void;

  constructor(onWritten: (task: CommandTask) => void, deps: CommandRouterDeps) {
    super(deps);
    this.#onWritten = onWritten;
  }

  override written(task: CommandTask): void {
    this.#onWritten(task);
    super.written(task);
  }
}

/** One run of the base on its data folder, put together as the program is, up to the moment it is killed. */
export class BaseRun {
  readonly store: Store;
  readonly follower: LogFollower;
  readonly #disk: ModelDisk;
  readonly #hub: ModelHub;
  readonly #router: CommandRouter;
  readonly #writer: EventWriter;
  readonly #registry: UnitRegistry;
  readonly #pump: EventPumps;
  readonly #group: GroupCommit;
  readonly #due: (() => void)[] = [];
  #isAlive = true;

  constructor(deps: BaseRunDeps) {
    const { hub } = deps;
    const clock = this.#mortal(deps.clock);
    const random = () => 0.5;
    this.#disk = deps.disk;
    this.#hub = hub;
    const store = deps.disk.open();
    this.store = store;
    const pump = new EventPumps({ clock, random, store, sender: hub.sender, log: testLog });
    this.#pump = pump;
    this.#group = new GroupCommit({ store, soon: (run) => this.#due.push(run) });
    const writer = new EventWriter({
      clock,
      store,
      group: this.#group,
      log: testLog,
      appended: (events) => {
        deps.stored(events);
        pump.enqueue(events);
      },
      sendBeforeCommit: (events) => {
        pump.sendBeforeCommit(events);
      },
    });
    this.#writer = writer;
    const registry = new UnitRegistry({
      clock,
      random,
      baseId: newId(BaseId),
      transport: this.#mortalTransport(deps.transport),
      log: testLog,
      units: store.units,
      descriptions: store.descriptions,
      sensorIntervalMs: 1_000,
      clockQuality: () => 'synced',
      sampleMark: (unitId) => store.units.lastSample(unitId),
      crypto: nodeCrypto,
      protectionOf: () => ({ kind: 'plain' }),
      hubNowMs: () => clock.nowMs(),
      permits: {
        dial: new Semaphore({ permits: 8, maxQueued: 100 }),
        handshake: new Semaphore({ permits: 8, maxQueued: 100 }),
      },
      events: unitEventSink({ store, writer }),
    });
    this.#registry = registry;
    const router = new WatchedRouter(deps.written, {
      clock,
      store,
      writer,
      units: registry,
      log: testLog,
      hubNowMs: () => clock.nowMs(),
      progress: () => undefined,
    });
    this.#router = router;
    this.follower = new LogFollower({
      store,
      commands: router,
      units: {
        replace: (units) => registry.replace(units),
        change: (units, removed) => registry.change(units, removed),
        refresh: () => registry.refresh(),
        republishPresence: () => registry.republishPresence(),
        describeAgain: () => {
          store.units.forgetReported();
          return () => registry.describeAgain();
        },
      },
      log: testLog,
    });
  }

  start(): void {
    this.#registry.start([]);
    this.#router.start();
    this.#pump.start();
  }

  /** What arrived together is on the disk now. */
  commit(): void {
    for (const run of this.#due.splice(0)) run();
  }

  /** Handles an entry as the channel client does. */
  ingest(entry: LogEntry): void {
    let ingested: Ingested | undefined;
    this.#group.add(
      () => {
        ingested = this.follower.ingest(entry);
      },
      (error) => {
        // As over the channel: it is not acknowledged, and comes again.
        if (!ingested || error !== undefined) return;
        if (ingested.kind === 'gap') this.resume(Infinity, 3);
        else ingested.act();
      },
    );
  }

  /** On a new connection, page after page, up to so many: then it is cut. */
  resume(maxPages: number, pageSize: number): void {
    this.follower.restart();
    this.#pump.wake();
    for (let page = 0; page < maxPages; page += 1) {
      const answer = this.#hub.answer(this.follower.resumeRequest(), pageSize);
      if (this.#disk.isFull) return;
      if (this.follower.apply(answer)) return;
    }
  }

  readings(unitId: UnitId, readings: readonly Reading[]): void {
    this.#writer.readings(unitId, MODEL_BOOT, readings);
  }

  /** As `close` of the program does it. */
  async stop(pass: () => Promise<void>): Promise<void> {
    const closing = this.#registry.close();
    await pass();
    await closing;
    this.#router.close();
    this.#group.flush();
    this.#writer.close();
    const pumped = this.#pump.close();
    await pass();
    await pumped;
    this.store.close();
    this.#end('killed');
  }

  /** No clean shutdown: what is not on disk is lost. */
  kill(cause: 'killed' | 'power cut'): void {
    if (this.#isAlive) this.#end(cause);
  }

  #end(cause: 'killed' | 'power cut'): void {
    this.#isAlive = false;
    this.#due.length = 0;
    this.#disk.leaveBehind(cause);
    this.store.close();
  }

  #mortal(clock: Clock): Clock {
    return {
      nowMs: clock.nowMs,
      monotonicMs: clock.monotonicMs,
      after: (delayMs, run) =>
        clock.after(delayMs, () => {
          if (this.#isAlive) run();
        }),
    };
  }

  #mortalTransport(transport: UnitTransport): UnitTransport {
    return {
      dial: async (address, events) => {
        const link = await transport.dial(address, {
          data: (bytes) => {
            if (this.#isAlive) events.data(bytes);
          },
          closed: () => {
            if (this.#isAlive) events.closed();
          },
        });
        return {
          ...link,
          write: (bytes) => {
            if (this.#isAlive) link.write(bytes);
          },
        };
      },
    };
  }
}
