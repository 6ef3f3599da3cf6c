import { FloodGuard } from '../port/flood-guard.ts';
import { ThrottledLog } from '../port/throttled-log.ts';
import type {
  ConnectPlan,
  UnitSession,
  Delivered,
  DeliveryDeps,
  LinkEnd,
  SessionListener,
} from '../port/unit-driver.ts';
import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ClockQuality, Reading } from '#protocol/reading.ts';
import type { CommandTask } from '../port/command-task.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { DialDeps } from '../transport/unit-transport.ts';
import { dialLine } from './dial-line.ts';
import { type LineDescription, SENSOR_PROPERTY } from './describe-line-unit.ts';
import { LineDecoder } from './line-decoder.ts';
import { LineLink } from './line-link.ts';
import { NextValue } from './next-value.ts';
import { readNext } from './read-next.ts';

interface SensorDeps {
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  /** The base's own count of this unit's readings, over all its connections. */
  readonly counter: { seq: number };
}

/**
 * The first line comes at once, or a second later if the sensor has not noticed that
 * its last connection ended.
 */
const FIRST_LINE_TIMEOUT_MS = 5_000;
/** Lines in a row that are no numbers, after which this is no sensor; a boot banner has a dozen. */
const MAX_GARBAGE = 64;
/** Readings in a second, beyond which the surplus is dropped: a bound, a hundred times the ancestors' pace. */
const MAX_PER_SECOND = 100;

/**
 * Connects to a sensor that sends lines (docs/line-units.md section 2), and waits for
 * its first number: an open connection alone proves nothing, since the sensor may be
 * serving another client.
 *
 * @throws AppError `unit_unreachable`, `unit_timeout` if nothing arrives,
 * `unit_protocol_error` if it is no number.
 */
export async function connectSensor(
  description: LineDescription,
  plan: ConnectPlan,
  deps: SensorDeps & DialDeps,
): Promise<UnitSession> {
  const session = new SensorSession(description, { ...deps, ...plan });
  const abort = () => {
    session.refuse('unit_unreachable');
  };
  plan.signal.addEventListener('abort', abort);
  try {
    await dialLine(session.link, plan, deps);
    await session.begin();
    return session;
  } catch (error) {
    session.refuse('unit_unreachable');
    throw error;
  } finally {
    plan.signal.removeEventListener('abort', abort);
  }
}

/** A session with a sensor: numbers in, readings out. */
class SensorSession implements UnitSession {
  readonly identity: LineDescription['identity'];
  readonly model: LineDescription['model'];
  readonly mayBeProbed = true;
  readonly link: LineLink;
  readonly #deps: SensorDeps & { readonly log: Logger; readonly listener: SessionListener };
  readonly #decoder = new LineDecoder();
  readonly #next: NextValue;
  /** Values from before there was a listener; then undefined. */
  #early: Reading[] | undefined = [];
  #end: LinkEnd | undefined;
  #isBegun = false;
  #numberAtMs: number;
  #garbage = 0;
  #garbageInRow = 0;
  readonly #flood: FloodGuard;
  readonly #complaints: ThrottledLog;
  #cancelWatch: CancelTimer | undefined;

  constructor(
    { identity, model }: LineDescription,
    deps: SensorDeps & { readonly log: Logger; readonly listener: SessionListener },
  ) {
    this.identity = identity;
    this.model = model;
    this.#deps = deps;
    this.#next = new NextValue(deps.clock);
    this.#flood = new FloodGuard(deps.clock, MAX_PER_SECOND);
    this.#complaints = new ThrottledLog(deps);
    this.#numberAtMs = deps.clock.monotonicMs();
    this.link = new LineLink({
      data: (chunk) => {
        this.#receive(chunk);
      },
      ended: (end) => {
        this.#ended(end);
      },
    });
  }

  get isOpen(): boolean {
    return this.link.isOpen;
  }

  goodbye(): void {
    this.link.goodbye();
  }

  refuse(code: ErrorCode): void {
    this.link.refuse(code);
  }

  /** Until the first number arrives. */
  async begin(): Promise<void> {
    const isThere = this.#early !== undefined && this.#early.length > 0;
    const first = isThere ? 0 : await this.#next.next(FIRST_LINE_TIMEOUT_MS);
    if (first === 'unit_timeout') throw new AppError(this.#silenceCode());
    if (first === 'link_lost') throw new AppError(this.#end?.code ?? 'unit_unreachable');
    this.#isBegun = true;
    this.#watch(LIMITS.unitDeadAfterMs);
  }

  readonly startSubscriptions = (): (() => void) => {
    const early = this.#early ?? [];
    this.#early = undefined;
    if (early.length > 0) this.#deps.listener.readings(early);
    return () => undefined;
  };

  readonly deliver = async (task: CommandTask, deps: DeliveryDeps): Promise<Delivered> =>
    readNext(task, { ...deps, link: this.link, model: this.model, next: this.#next });

  #receive(chunk: Uint8Array): void {
    const values: number[] = [];
    for (const line of this.#decoder.push(chunk)) {
      if (line === undefined) this.#noteGarbage();
      else {
        this.#garbageInRow = 0;
        if (!this.#isFlooded()) values.push(line);
      }
    }
    if (values.length > 0) this.#publish(values);
    if (this.#garbageInRow > MAX_GARBAGE) this.refuse('unit_protocol_error');
  }

  #publish(values: readonly number[]): void {
    const { clock, clockQuality, counter, listener } = this.#deps;
    this.#numberAtMs = clock.monotonicMs();
    // It has no clock, and its line is short: measured is when it came.
    const atMs = Math.round(clock.nowMs());
    const readings = values.map((value) => ({
      property: SENSOR_PROPERTY,
      value,
      measuredAtMs: atMs,
      receivedAtMs: atMs,
      clock: clockQuality(),
      seq: (counter.seq += 1),
    }));
    if (this.#early) this.#early.push(...readings);
    else listener.readings(readings);
    this.#next.publish(values.at(-1) ?? 0);
  }

  #noteGarbage(): void {
    this.#garbage += 1;
    this.#garbageInRow += 1;
    this.#complaints.warn({ lines: this.#garbage }, 'invalid lines from unit');
  }

  #isFlooded(): boolean {
    if (!this.#flood.isSurplus()) return false;
    const { dropped } = this.#flood;
    this.#complaints.warn({ dropped }, 'reading flood, surplus dropped');
    return true;
  }

  /** Bytes that are no numbers do not keep it alive. */
  #watch(delayMs: number): void {
    this.#cancelWatch = this.#deps.clock.after(delayMs, () => {
      const silentMs = this.#deps.clock.monotonicMs() - this.#numberAtMs;
      if (silentMs >= LIMITS.unitDeadAfterMs) this.refuse(this.#silenceCode());
      else this.#watch(LIMITS.unitDeadAfterMs - silentMs);
    });
  }

  #silenceCode(): ErrorCode {
    return this.#garbageInRow > 0 ? 'unit_protocol_error' : 'unit_timeout';
  }

  #ended(end: LinkEnd): void {
    this.#end = end;
    this.#cancelWatch?.();
    this.#next.close();
    if (this.#isBegun) this.#deps.listener.ended(end);
  }
}
