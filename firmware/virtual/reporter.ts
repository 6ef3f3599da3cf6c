import { create } from '@bufbuild/protobuf';
import { LIMITS } from '#protocol/limits.ts';
import {
  PropertyValueSchema,
  type Report,
  ReportSchema,
  Status,
  type Subscribe,
  type Value,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Subscriptions } from './subscriptions.ts';

interface ReporterDeps {
  readonly dispatcher: Dispatcher;
  readonly uptimeMs: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly send: (report: Report) => void;
}

interface Measured {
  readonly pid: number;
  readonly value: Value;
  readonly uptimeMs: number;
}

/** Tells the peer about the properties it subscribed to. Has a timer only while one is due later. */
export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #subscriptions = new Subscriptions();
  #seq = 0;
  #stopTimer: (() => void) | undefined;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
  }

  subscribe({ pid, cancel, minIntervalMs, maxIntervalMs }: Subscribe): Status {
    const found = this.#deps.dispatcher.find(pid);
    if (!found?.affordance.observable) return Status.UNKNOWN_AFFORDANCE;
    if (cancel) {
      this.#subscriptions.remove(pid);
      found.capability.observed?.(pid, false);
      return Status.OK;
    }
    if (maxIntervalMs !== 0 && maxIntervalMs < minIntervalMs) return Status.BAD_REQUEST;
    if (!this.#subscriptions.add(pid, minIntervalMs, maxIntervalMs)) return Status.NO_MEMORY;
    found.capability.observed?.(pid, true);
    return Status.OK;
  }

  markChanged(pid: number): void {
    this.#subscriptions.markChanged(pid);
    // After the present answer: a result comes before the report of what it changed.
    this.#arm(0);
  }

  /** Reports what is due. */
  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const now = this.#deps.uptimeMs();
    const due = this.#subscriptions.takeDue(now).flatMap((pid) => this.#measure(pid, now));
    for (const together of groupByTime(due)) this.#send(together);
    this.#arm(this.#subscriptions.dueInMs(now));
  }

  /** Nobody listens any more. */
  clear(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    for (const pid of this.#subscriptions.pids()) {
      this.#deps.dispatcher.find(pid)?.capability.observed?.(pid, false);
    }
    this.#subscriptions.clear();
  }

  restart(): void {
    this.clear();
    this.#seq = 0;
  }

  #arm(dueInMs: number | undefined): void {
    if (dueInMs === undefined || (this.#stopTimer && dueInMs > 0)) return;
    this.#stopTimer?.();
    this.#stopTimer = this.#deps.after(dueInMs, () => {
      this.flush();
    });
  }

  #measure(pid: number, nowMs: number): Measured[] {
    const capability = this.#deps.dispatcher.find(pid)?.capability;
    const value = capability?.read?.(pid);
    const uptimeMs = capability?.measuredAtMs?.(pid) ?? nowMs;
    return value ? [{ pid, value, uptimeMs }] : [];
  }

  #send(together: readonly Measured[]): void {
    this.#seq += 1;
    this.#deps.send(
      create(ReportSchema, {
        seq: this.#seq,
        uptimeMs: BigInt(Math.floor(together[0]?.uptimeMs ?? 0)),
        values: together.map(({ pid, value }) => create(PropertyValueSchema, { pid, value })),
      }),
    );
  }
}

/** A report holds values of one time, and four of them at most. */
function groupByTime(measured: readonly Measured[]): Measured[][] {
  const groups: Measured[][] = [];
  for (const one of measured) {
    const group = groups.find(
      ([first, ...rest]) =>
        first?.uptimeMs === one.uptimeMs && rest.length + 1 < LIMITS.unitLink.reportValues,
    );
    if (group) group.push(one);
    else groups.push([one]);
  }
  return groups;
}
