import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import {
  type BaseEvent,
  type BaseEventBatch,
  BaseEventBody,
  type BatchReceipt,
} from '#protocol/hub-link/base-events.ts';
import type { BaseId, Epoch } from '#protocol/ids.ts';
import { AttemptLimit } from '../domain/accounts/attempt-limit.ts';
import type { KnownBase } from '../domain/bases/base-directory.ts';
import type { BaseLinks } from '../domain/bases/base-links.ts';
import type { BaseShares } from '../domain/bases/base-shares.ts';
import { isHubBehind } from '../domain/bases/log-life.ts';
import type { OwnedRecords } from '../domain/units/owned-records.ts';
import type { Clock } from '#platform/clock.ts';
import type { UpdateReports } from '../domain/rollouts/update-reports.ts';
import { beginEpoch } from '../store/base-log.ts';
import {
  forgetOldRuns,
  highestSettled,
  rangesAround,
  replaceRanges,
} from '../store/event-ranges.ts';
import { beginSiteEpochOf } from '../store/site-events.ts';
import type { UnitOfWork, Work } from '../store/unit-of-work.ts';
import type { UnitCache } from '../domain/units/unit-cache.ts';
import type { ReportContext, UnitReports } from '../domain/units/unit-reports.ts';
import { isSettled, settle } from './settled-ranges.ts';
import type { TelemetryIntake } from './telemetry-intake.ts';

export interface EventIntakeDeps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly links: BaseLinks;
  readonly directory: UnitCache;
  readonly owned: OwnedRecords;
  readonly shares: BaseShares;
  readonly telemetry: TelemetryIntake;
  readonly unitReports: UnitReports;
  readonly updateReports: UpdateReports;
}

interface BaseReportContext extends ReportContext {
  readonly base: KnownBase;
}
type BatchContext = Omit<BaseReportContext, 'seq' | 'work'>;

type Parsed =
  | { readonly seq: number; readonly body: BaseEventBody }
  | { readonly seq: number; readonly code: ErrorCode };

/** Runs of a base whose numbers are remembered; each start of the base begins a run. */
const KEPT_RUNS = 100;
/** Log lines about refused events of one base; its receipts have all of them. */
const REFUSAL_LINES = { max: 30, windowMs: 60_000 };
/** Maximum error of an offset that was measured over a network. */
const CLOCK_TOLERANCE_MS = 1_000;

/**
 * Ingests a verified batch: each event once, all of them in
 * one unit of work. A bad event is refused alone.
 */
export class EventIntake {
  readonly #deps: EventIntakeDeps;
  readonly #refusalLines: AttemptLimit;

  constructor(deps: EventIntakeDeps) {
    this.#deps = deps;
    this.#refusalLines = new AttemptLimit({ clock: deps.clock, ...REFUSAL_LINES });
  }

  async ingest(base: KnownBase, batch: BaseEventBatch['data']): Promise<BatchReceipt> {
    const { unitOfWork, clock, links, shares } = this.#deps;
    const events = batch.events.map(parseEvent);
    await this.#warmUp(events);
    const latestMs = clock.nowMs() + CLOCK_TOLERANCE_MS;
    const context: BatchContext = {
      base,
      source: { kind: 'base', id: base.id },
      epoch: batch.epoch,
      hubTime: hubTimeOf(batch, latestMs),
      latestMs,
      clock: batch.clockOffsetMs === null ? 'free-running' : 'synced',
    };
    const run = batch.run ?? batch.epoch;
    const account = await shares.accountOf(base.id);
    const receipt = await unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold({ site: base.siteId });
      if (await isHubBehind(tx, base.key, batch.settled)) {
        this.#deps.log.warn({ baseId: base.id }, 'hub restored from a backup');
        await beginEpoch(tx, base.key);
        await beginSiteEpochOf(tx, base.key);
        work.wake(() => links.changed(base.id));
      }
      return await this.#store(work, { events, run }, context);
    }, account);
    this.#logRefused(base.id, receipt.refused);
    return receipt;
  }

  /** Units are remembered outside of the transaction, which remembers nothing. */
  async #warmUp(events: readonly Parsed[]): Promise<void> {
    for (const event of events) {
      if ('body' in event && 'unitId' in event.body.data) {
        await this.#deps.directory.find(event.body.data.unitId);
      }
    }
  }

  async #store(
    work: Work,
    { events, run }: { readonly events: readonly Parsed[]; readonly run: Epoch },
    context: BatchContext,
  ): Promise<BatchReceipt> {
    const { tx } = work;
    const outbox = { baseKey: context.base.key, epoch: run };
    const seqs = events.map((event) => event.seq);
    const span = { from: Math.min(...seqs), to: Math.max(...seqs) };
    const old = await rangesAround(tx, outbox, span);
    const receipt: BatchReceipt = { accepted: 0, duplicates: 0, refused: [] };
    const seen = new Set<number>();
    for (const event of events) {
      if (seen.has(event.seq) || isSettled(old, event.seq)) {
        receipt.duplicates += 1;
        continue;
      }
      seen.add(event.seq);
      const code =
        'code' in event
          ? event.code
          : await this.#one(event.body, { ...context, work, seq: event.seq });
      if (code === undefined) receipt.accepted += 1;
      else receipt.refused.push({ seq: event.seq, code });
    }
    const isNewRun = old.length === 0 && (await highestSettled(tx, outbox)) === 0;
    await replaceRanges(tx, outbox, { old, fresh: settle(old, [...seen]) });
    if (isNewRun) await forgetOldRuns(tx, outbox, KEPT_RUNS);
    return receipt;
  }

  /**
   * One line for each code, and few of them: a base that sends nothing else does not fill the disk.
   */
  #logRefused(baseId: BaseId, refused: BatchReceipt['refused']): void {
    if (refused.length === 0) return;
    for (const [code, { seq, count }] of byCode(refused)) {
      if (this.#refusalLines.count(baseId) !== undefined) return;
      this.#deps.log.warn({ baseId, code, seq, count, stage: STAGE.hubVerified }, 'events refused');
    }
  }

  /** One event; why it is refused, where it is. Faults that are not the event's fail the batch. */
  async #one(body: BaseEventBody, context: BaseReportContext): Promise<ErrorCode | undefined> {
    try {
      await this.#route(body, context);
      return undefined;
    } catch (error) {
      if (error instanceof AppError && error.code !== 'internal') return error.code;
      throw error;
    }
  }

  /** Events that only bases have are handled here, those of any source by the telemetry intake. */
  async #route(body: BaseEventBody, context: BaseReportContext): Promise<void> {
    const { telemetry, unitReports, updateReports, owned } = this.#deps;
    const { source, work } = context;
    switch (body.type) {
      case 'update.changed': {
        const update = await owned.update(work.tx, source, body.data);
        if (update) await updateReports.changed(update, body.data, context);
        return;
      }
      case 'units.declared':
        // May fail half-way through its units: then none of them is stored.
        await work.part(() => unitReports.declared(body.data, context));
        return;
      default:
        await telemetry.accept(body, context);
    }
  }
}

/** How many of each, and the first of them. */
function byCode(refused: BatchReceipt['refused']): Map<string, { seq: number; count: number }> {
  const codes = new Map<string, { seq: number; count: number }>();
  for (const { code, seq } of refused) {
    codes.set(code, { seq: codes.get(code)?.seq ?? seq, count: (codes.get(code)?.count ?? 0) + 1 });
  }
  return codes;
}

function parseEvent(event: BaseEvent): Parsed {
  const parsed = BaseEventBody.safeParse({ type: event.type, data: event.data });
  return parsed.success
    ? { seq: event.seq, body: parsed.data }
    : { seq: event.seq, code: 'event_invalid' };
}

/**
 * Converts the base's times to the hub's, by the offset that the base measured. None is
 * later than now: a value from the future would stay the newest until then.
 */
function hubTimeOf(
  batch: Pick<BaseEventBatch['data'], 'clockOffsetMs'>,
  latestMs: number,
): (atMs: number) => number {
  const offsetMs = Math.round(batch.clockOffsetMs ?? 0);
  return (atMs) => Math.min(Math.max(0, atMs + offsetMs), latestMs);
}
