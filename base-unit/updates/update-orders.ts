import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import type { UnitId, UpdateId } from '#protocol/ids.ts';
import type { FileDigest, UpdateOrder } from '#protocol/rollout/update-order.ts';
import { type UpdateProgress, isUpdateEnd } from '#protocol/update/update-state.ts';
import { Backoff } from '#platform/backoff.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { StoredUnit, ReportedUpdate } from '../store/unit-list.ts';
import type { FirmwareDownloads } from './firmware-downloads.ts';
import type { FirmwareFiles, UnitUpdates, UpdateListener } from './unit-update.ts';

export interface UpdateOrdersDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly units: {
    readonly all: () => StoredUnit[];
    readonly reportedUpdate: (unitId: UnitId) => ReportedUpdate | undefined;
    readonly markUpdateReported: (unitId: UnitId, reported: ReportedUpdate) => void;
  };
  readonly files: FirmwareFiles;
  readonly updates: UnitUpdates;
  readonly downloads: Pick<FirmwareDownloads, 'fetch' | 'forget'>;
  readonly writer: { readonly happened: (body: BaseEventBody, withinCommit?: () => void) => void };
  /** Best effort; nothing depends on it. */
  readonly transfer: (transfer: UpdateTransfer) => void;
}

/** A download that failed, or whose file is invalid, is retried after this, then later. */
const RETRY = { firstMs: 2_000, maxMs: 300_000 } as const;
/** Progress is reported no more often, over all units: nothing depends on it, and the channel has other work. */
const TRANSFER_EVERY_MS = 100;
/** The hub has no such file, or an invalid one: a retry changes nothing. */
const HOPELESS: readonly ErrorCode[] = ['firmware_unknown', 'firmware_file_invalid'];

/** How things stand at one moment. */
interface Now {
  readonly units: readonly StoredUnit[];
  /** What is wanted and has not ended. */
  readonly orders: ReadonlyMap<UnitId, UpdateOrder>;
  /** What the units' own updates know of. */
  readonly known: ReadonlySet<UpdateId>;
  readonly inFlight: ReadonlyMap<UnitId, UpdateId>;
}

/**
 * Gives units the firmware that the hub wants: fetches the file, passes it to the
 * unit's own updates, and reports the outcome to the hub. The orders are in the list
 * of units, with what was last reported beside each, so that everything continues
 * after a restart.
 */
export class UpdateOrders implements UpdateListener {
  readonly #deps: UpdateOrdersDeps;
  /** Reported, and not yet on disk. */
  readonly #reported = new Map<UnitId, ReportedUpdate>();
  readonly #backoff: Backoff;
  #download: { readonly sha256: FileDigest; readonly cancel: AbortController } | undefined;
  /** The file that was requested last; one that never comes right must not keep the others from their units. */
  #lastRequested: FileDigest | undefined;
  #cancelRetry: CancelTimer | undefined;
  #isOpen = false;
  #transferReportedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: UpdateOrdersDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff({ ...RETRY, random: deps.random });
  }

  /** Resumes what a stop or a crash left unfinished. */
  start(): void {
    this.#isOpen = true;
    this.refresh();
  }

  /** The list of units changed: begins what is new in it, and calls off what is gone. */
  refresh(): void {
    if (!this.#isOpen) return;
    this.#callOff(this.#now());
    const now = this.#now();
    this.#forgetRemoved(now);
    for (const [unitId, order] of now.orders) {
      // An update in progress ends, and its end is reported, before the next is mentioned.
      const other = now.inFlight.get(unitId);
      if (other !== undefined && other !== order.updateId) continue;
      if (this.#isHere(order, now)) this.#begin(unitId, order);
      else this.#reportQueued(unitId, order);
    }
    this.#fetchNext();
  }

  /** The hub is there: what did not come may come now. */
  wake(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#fetchNext();
  }

  readonly updateChanged = (progress: UpdateProgress): void => {
    if (!this.#isOrdered(progress)) return;
    this.#report(progress);
    // Another one may have waited for this end.
    if (isUpdateEnd(progress.state)) this.refresh();
  };

  close(): void {
    this.#isOpen = false;
    this.#cancelRetry?.();
    this.#download?.cancel.abort();
  }

  #now(): Now {
    const units = this.#deps.units.all();
    const orders = new Map<UnitId, UpdateOrder>();
    for (const { unitId, update } of units) {
      if (!update) continue;
      const reported = this.#lastReported(unitId);
      const isOver = reported?.updateId === update.updateId && isUpdateEnd(reported.state);
      if (!isOver) orders.set(unitId, update);
    }
    const known = this.#deps.updates.list();
    const inFlight = known.filter(({ state }) => !isUpdateEnd(state));
    return {
      units,
      orders,
      known: new Set(known.map(({ updateId }) => updateId)),
      inFlight: new Map(inFlight.map(({ unitId, updateId }) => [unitId, updateId])),
    };
  }

  #forgetRemoved({ units }: Now): void {
    const there = new Set(units.map(({ unitId }) => unitId));
    for (const unitId of this.#reported.keys())
      if (!there.has(unitId)) this.#reported.delete(unitId);
  }

  #callOff({ units, orders, inFlight }: Now): void {
    for (const { unitId, update } of units) {
      const reported = this.#lastReported(unitId);
      if (!reported || isUpdateEnd(reported.state) || reported.updateId === update?.updateId)
        continue;
      if (inFlight.get(unitId) === reported.updateId) this.#deps.updates.cancel(reported.updateId);
      // It never came as far as the unit's own updates.
      else this.#end(unitId, { updateId: reported.updateId, fileBytes: 1 }, 'update_cancelled');
    }
    const { sha256, cancel } = this.#download ?? {};
    if (cancel && ![...orders.values()].some((order) => order.sha256 === sha256)) cancel.abort();
  }

  /** The hub wants it, or did at the last report. */
  #isOrdered({ unitId, updateId }: UpdateProgress): boolean {
    if (this.#lastReported(unitId)?.updateId === updateId) return true;
    return this.#now().orders.get(unitId)?.updateId === updateId;
  }

  /** Nothing has to be fetched for it: the file is here, or the update was begun in an earlier run. */
  #isHere({ sha256, updateId }: UpdateOrder, { known }: Now): boolean {
    return this.#deps.files.has(sha256) || known.has(updateId);
  }

  #begin(unitId: UnitId, order: UpdateOrder): void {
    const { updateId, sha256: fileId } = order;
    try {
      this.#report(this.#deps.updates.start({ updateId, unitId, fileId }));
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      this.#deps.log.warn({ unitId, updateId, code, err: error }, 'update not started');
      this.#end(unitId, order, code);
    }
  }

  /** One file at a time, each in its turn. */
  #fetchNext(): void {
    if (!this.#isOpen || this.#download || this.#cancelRetry) return;
    const now = this.#now();
    const missing = this.#nextMissing(now);
    if (!missing) return;
    this.#lastRequested = missing.sha256;
    const cancel = new AbortController();
    this.#download = { sha256: missing.sha256, cancel };
    void this.#fetch(missing, cancel.signal).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'firmware download stalled');
    });
  }

  /** The next missing file after the one requested last, in turn. */
  #nextMissing(now: Now): UpdateOrder | undefined {
    const files = new Map<FileDigest, UpdateOrder>();
    for (const order of now.orders.values()) {
      if (!files.has(order.sha256) && !this.#isHere(order, now)) files.set(order.sha256, order);
    }
    const missing = [...files.values()];
    const last = missing.findIndex(({ sha256 }) => sha256 === this.#lastRequested);
    return missing[last + 1] ?? missing[0];
  }

  async #fetch(order: UpdateOrder, signal: AbortSignal): Promise<void> {
    const { downloads, files, log } = this.#deps;
    const { sha256, firmwareId, fileBytes } = order;
    let failure: ErrorCode | undefined;
    try {
      const file = await downloads.fetch(order, signal);
      await files.put(file);
      await downloads.forget(order);
      this.#backoff.reset();
      log.info({ firmwareId, sha256, fileBytes }, 'firmware downloaded');
    } catch (error) {
      failure = error instanceof AppError ? error.code : 'internal';
      log.warn({ firmwareId, sha256, code: failure, err: error }, 'firmware download failed');
    }
    this.#download = undefined;
    if (!this.#isOpen) return;
    if (failure !== undefined && !signal.aborted) this.#retryLater(sha256, failure);
    this.refresh();
  }

  #retryLater(sha256: FileDigest, code: ErrorCode): void {
    for (const [unitId, order] of this.#now().orders) {
      if (order.sha256 !== sha256) continue;
      if (HOPELESS.includes(code)) this.#end(unitId, order, code);
      else this.#report(progressOf(unitId, order, { state: 'queued', code }));
    }
    if (HOPELESS.includes(code)) return;
    this.#cancelRetry = this.#deps.clock.after(this.#backoff.next(), () => {
      this.#cancelRetry = undefined;
      this.#fetchNext();
    });
  }

  #end(unitId: UnitId, order: Pick<UpdateOrder, 'updateId' | 'fileBytes'>, code: ErrorCode): void {
    this.#report(progressOf(unitId, order, { state: 'failed', code }));
  }

  /** That it is here and waits, unless more is known of it already. */
  #reportQueued(unitId: UnitId, order: UpdateOrder): void {
    if (this.#lastReported(unitId)?.updateId === order.updateId) return;
    this.#report(progressOf(unitId, order, { state: 'queued', code: null }));
  }

  /** States once and for good, what lies between them as it comes. */
  #report(progress: UpdateProgress): void {
    const { clock, log, units, writer } = this.#deps;
    const { unitId, updateId, state, code } = progress;
    const last = this.#lastReported(unitId);
    if (last?.updateId === updateId && last.state === state && last.code === code) {
      if (state === 'downloading') this.#reportTransfer(progress);
      return;
    }
    const reported: ReportedUpdate = { updateId, state, code };
    this.#reported.set(unitId, reported);
    log.info({ unitId, updateId, state, code }, 'update changed');
    const data = { ...progress, atMs: Math.round(clock.nowMs()) };
    writer.happened({ type: 'update.changed', data }, () =>
      units.markUpdateReported(unitId, reported),
    );
  }

  #reportTransfer({ unitId, updateId, doneBytes, totalBytes }: UpdateProgress): void {
    const { clock, transfer } = this.#deps;
    const now = clock.monotonicMs();
    if (now - this.#transferReportedMs < TRANSFER_EVERY_MS) return;
    this.#transferReportedMs = now;
    transfer({ unitId, updateId, doneBytes, totalBytes });
  }

  #lastReported(unitId: UnitId): ReportedUpdate | undefined {
    return this.#reported.get(unitId) ?? this.#deps.units.reportedUpdate(unitId);
  }
}

function progressOf(
  unitId: UnitId,
  { updateId, fileBytes }: Pick<UpdateOrder, 'updateId' | 'fileBytes'>,
  is: Pick<UpdateProgress, 'state' | 'code'>,
): UpdateProgress {
  return { updateId, unitId, ...is, doneBytes: 0, totalBytes: fileBytes };
}
