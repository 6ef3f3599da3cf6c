import { newId, UnitId } from '#protocol/ids.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { Json } from '#protocol/json.ts';
import type { Reading } from '#protocol/reading.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import type { CommandOwner, CommandTask, TaskEnd } from '../drivers/port/command-task.ts';
import type { UnitSession, LinkEnd, UnitDriver, DriverEvent } from '../drivers/port/unit-driver.ts';
import type { MissedSamples } from '../drivers/port/sample-cursor.ts';
import { issued, testLog } from './test-base.ts';

/** A unit, and the driver that reaches it, as the implementation under test provides them. */
export interface DrivenUnit {
  readonly driver: UnitDriver;
  readonly address: UnitAddress;
  /** Nobody listens there. */
  readonly nowhere: UnitAddress;
  /** The base's; the unit may have its own. */
  readonly clock: ManualClock;
  /** Gives the unit a moment of its own time, where that does not pass by itself. */
  readonly letPass: () => void;
  /** It says nothing from now on, and keeps its connections; what it has to say waits. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Breaks its connections off; the next is served. */
  readonly cut: () => void;
}

/** What a command requests of a unit. */
export type OperationRequest = Pick<IssuedCommand, 'operation' | 'affordance'> & {
  readonly input?: Json;
};

export type Delivered = Awaited<ReturnType<UnitSession['deliver']>>;

const LONG_MS = 60_000;

type Step = 'sending' | 'written';

/** A unit's part of the base, and notes of all that the driver says to it. */
export class DriverTalk {
  readonly #unit: DrivenUnit;
  readonly #unitId = newId(UnitId);
  readonly ends: LinkEnd[] = [];
  readonly readings: Reading[] = [];
  readonly missed: MissedSamples[] = [];
  readonly events: DriverEvent[] = [];
  readonly steps: Step[] = [];
  readonly finished: TaskEnd[] = [];
  sendingFails = false;
  readonly #owner: CommandOwner = {
    sending: () => {
      if (this.sendingFails) throw new Error('the disk is full');
      this.steps.push('sending');
    },
    written: () => this.steps.push('written'),
    finished: (_task, end) => this.finished.push(end),
  };

  constructor(unit: DrivenUnit) {
    this.#unit = unit;
  }

  get written(): Step[] {
    return this.steps.filter((step) => step === 'written');
  }

  async connect(plan: Partial<Parameters<UnitDriver['connect']>[0]> = {}): Promise<UnitSession> {
    const { driver, address } = this.#unit;
    let isOver = false;
    const connecting = driver
      .connect({
        address,
        log: testLog,
        signal: new AbortController().signal,
        through: () => Promise.resolve(() => undefined),
        problemWith: () => undefined,
        listener: {
          readings: (readings) => this.readings.push(...readings),
          missed: (missed) => this.missed.push(missed),
          event: (event) => this.events.push(event),
          ended: (end) => this.ends.push(end),
        },
        ...plan,
      })
      .finally(() => {
        isOver = true;
      });
    connecting.catch(() => undefined);
    await this.until('it is connected or not', () => isOver);
    return connecting;
  }

  /** Ends it, which is then no news to anybody. */
  leave(session: UnitSession): void {
    session.goodbye();
    this.ends.length = 0;
  }

  task(request: OperationRequest, ttlMs = LONG_MS): CommandTask {
    const command = issued({ unitId: this.#unitId, ...request });
    const expiresAtMs = this.#unit.clock.nowMs() + ttlMs;
    const fresh = { trace: [], attempts: 0, mayHaveRun: false, end: undefined };
    return { command, expiresAtMs, owner: this.#owner, ...fresh };
  }

  async deliver(connected: UnitSession, task: CommandTask): Promise<Delivered> {
    const { clock } = this.#unit;
    return connected.deliver(task, { clock, hubNowMs: clock.nowMs, log: testLog });
  }

  /** With the unit's own time going on. */
  async delivered(connected: UnitSession, task: CommandTask): Promise<Delivered> {
    let delivered: Delivered | undefined;
    const pending = this.deliver(connected, task).then((how) => (delivered = how));
    await this.until('an end', () => delivered !== undefined);
    return pending;
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await until(what, () => {
      if (condition()) return true;
      this.#unit.letPass();
      return false;
    });
  }

  /** Time in which what was said arrives, and nothing else happens. */
  async settled(): Promise<void> {
    const SETTLE_TURNS = 20;
    for (let turn = 0; turn < SETTLE_TURNS; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
