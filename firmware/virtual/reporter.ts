import { create } from '@bufbuild/protobuf';
import { LIMITS } from '#protocol/limits.ts';
import {
  PropertyValueSchema,
  type Report,
  ReportSchema,
  Status,
  type Subscribe,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Sample, SampleRing } from './sample-ring.ts';
import { type DueProperty, Subscriptions } from './subscriptions.ts';

interface ReporterDeps {
  readonly dispatcher: Dispatcher;
  readonly uptimeMs: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly send: (report: Report) => void;
}

/**
 * Takes samples of subscribed properties, and reports them to the peer. What is
 * reported is always read from the ring, so what was missed and what is news come
 * in one order. Has a timer only while a sample is due later.
 */
export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #subscriptions = new Subscriptions();
  readonly #ring = new SampleRing();
  /** The sample that is reported next; undefined: there is no peer. */
  #cursor: number | undefined;
  /** The peer gets all there is, not only what it subscribed to itself. */
  #hasResumed = false;
  #stopTimer: (() => void) | undefined;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
  }

  /** A peer said hello: it has subscribed to nothing, and hears only what comes. */
  beginPeer(): void {
    this.#subscriptions.ownAll(false);
    this.#hasResumed = false;
    this.#cursor = this.#ring.nextSeq;
  }

  /** The subscriptions go on without it, into the ring. */
  endPeer(): void {
    this.beginPeer();
    this.#cursor = undefined;
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

  /** The peer goes on where one before it ceased. @returns the sample that it gets next. */
  resume(afterSeq: number): number {
    this.#subscriptions.ownAll(true);
    this.#hasResumed = true;
    // A base that has more than there is speaks of another boot.
    const wanted = Math.min(afterSeq + 1, this.#ring.nextSeq);
    this.#cursor = Math.max(wanted, this.#ring.oldestSeq);
    return this.#cursor;
  }

  markChanged(pid: number): void {
    this.#subscriptions.markChanged(pid);
    // After the present answer: a result comes before the report of what it changed.
    this.#arm(0);
  }

  /** Samples what is due, and reports what has not been reported. */
  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const now = this.#deps.uptimeMs();
    for (const due of this.#subscriptions.nextDue(now)) this.#sample(due, now);
    for (const together of groupByTime(this.#untold())) this.#send(together);
    this.#arm(this.#subscriptions.dueInMs(now));
  }

  /** Samples nothing any more. */
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
    this.#ring.clear();
    this.#cursor = undefined;
  }

  #arm(dueInMs: number | undefined): void {
    if (dueInMs === undefined || (this.#stopTimer && dueInMs > 0)) return;
    this.#stopTimer?.();
    this.#stopTimer = this.#deps.after(dueInMs, () => {
      this.flush();
    });
  }

  #sample({ pid, isFirst }: DueProperty, nowMs: number): void {
    const capability = this.#deps.dispatcher.find(pid)?.capability;
    const value = capability?.read?.(pid);
    const uptimeMs = Math.floor(capability?.measuredAtMs?.(pid) ?? nowMs);
    // A peer that resumed gets, or has, this very measurement already.
    if (isFirst && this.#hasResumed && this.#ring.holds(pid, uptimeMs)) return;
    if (value) this.#ring.push(pid, uptimeMs, value);
  }

  #untold(): Sample[] {
    if (this.#cursor === undefined) return [];
    const samples: Sample[] = [];
    const from = Math.max(this.#cursor, this.#ring.oldestSeq);
    for (let seq = from; seq < this.#ring.nextSeq; seq += 1) {
      const sample = this.#ring.at(seq);
      if (!sample) continue;
      const { pid } = sample;
      if (!this.#hasResumed && !this.#subscriptions.isOwned(pid)) continue;
      const value = sample.value ?? this.#deps.dispatcher.find(pid)?.capability.read?.(pid);
      if (value) samples.push({ ...sample, value });
    }
    this.#cursor = this.#ring.nextSeq;
    return samples;
  }

  #send(together: readonly Sample[]): void {
    const [first] = together;
    this.#deps.send(
      create(ReportSchema, {
        seq: first?.seq ?? 0,
        uptimeMs: BigInt(first?.uptimeMs ?? 0),
        values: together.map(({ pid, value }) =>
          create(PropertyValueSchema, { pid, ...(value ? { value } : {}) }),
        ),
      }),
    );
  }
}

/** A report holds consecutive samples of one time, and four of them at most. */
function groupByTime(samples: readonly Sample[]): Sample[][] {
  const groups: Sample[][] = [];
  for (const sample of samples) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const fits =
      group !== undefined &&
      group.length < LIMITS.unitLink.reportValues &&
      last?.uptimeMs === sample.uptimeMs &&
      last.seq + 1 === sample.seq;
    if (fits) group.push(sample);
    else groups.push([sample]);
  }
  return groups;
}
