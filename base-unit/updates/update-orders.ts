import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import type { UnitId, UpdateId } from '#protocol/ids.ts';
import type { FileDigest, UpdateOrder } from '#protocol/rollout/update-order.ts';
import { type UpdateProgress, isUpdateEnd } from '#protocol/update/update-state.ts';
import { Backoff } from '#platform/backoff.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { StoredUnit, ToldUpdate } from '../store/unit-list.ts';
import type { FirmwareDownloads } from './firmware-downloads.ts';
import type { FirmwareFiles, UnitUpdates, UpdateListener } from './unit-update.ts';

export interface UpdateOrdersDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly units: {
    readonly all: () => StoredUnit[];
    readonly toldUpdate: (unitId: UnitId) => ToldUpdate | undefined;
    readonly markUpdateTold: (unitId: UnitId, told: ToldUpdate) => void;
  };
  readonly files: FirmwareFiles;
  readonly updates: UnitUpdates;
  readonly downloads: Pick<FirmwareDownloads, 'fetch' | 'forget'>;
  readonly writer: { readonly happened: (body: BaseEventBody, alongWith?: () => void) => void };
  /** Best effort; nothing depends on it. */
  readonly transfer: (transfer: UpdateTransfer) => void;
}

/** A file that does not come, or comes wrong, is asked for again after so long, then longer. */
const RETRY = { firstMs: 2_000, maxMs: 300_000 } as const;
/** Transfers are told so often at most, over all units: nothing depends on them, and much else on the channel. */
const TRANSFER_EVERY_MS = 100;
/** The hub has no such file for us, or none that is one: asking again changes nothing. */
const HOPELESS: readonly ErrorCode[] = ['firmware_unknown', 'firmware_file_invalid'];

/** How things stand at one moment. */
interface Now {
  readonly units: readonly StoredUnit[];
  /** What is wanted and has not ended. */
  readonly orders: ReadonlyMap<UnitId, UpdateOrder>;
  /** What the units' own updates know of. */
  readonly known: ReadonlySet<UpdateId>;
  readonly underWay: ReadonlyMap<UnitId, UpdateId>;
}

/**
 * Carries out what the hub wants the units to run: fetches the file, hands it
 * to the unit's own updates, and tells the hub how it went. What the hub wants
 * stands in the list of units, and what it was told beside it, so that
 * everything goes on after a restart.
 */
export class UpdateOrders implements UpdateListener {
  readonly #deps: UpdateOrdersDeps;
  /** Told, and on its way to the disk. */
  readonly #told = new Map<UnitId, ToldUpdate>();
  readonly #backoff: Backoff;
  #download: { readonly sha256: FileDigest; readonly cancel: AbortController } | undefined;
  /** The file that was asked for last; one that never comes right must not keep the others from their units. */
  #askedLast: FileDigest | undefined;
  #cancelRetry: CancelTimer | undefined;
  #isOpen = false;
  #transferToldMs = Number.NEGATIVE_INFINITY;

  constructor(deps: UpdateOrdersDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff({ ...RETRY, random: deps.random });
  }

  /** Takes up what a stop or a crash left behind. */
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
      // What the unit has begun comes to its end, and is told, before the next is spoken of.
      const other = now.underWay.get(unitId);
      if (other !== undefined && other !== order.updateId) continue;
      if (this.#isHere(order, now)) this.#begin(unitId, order);
      else this.#tellUnlessTold(unitId, order);
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
    this.#tell(progress);
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
      const told = this.#lastTold(unitId);
      const isOver = told?.updateId === update.updateId && isUpdateEnd(told.state);
      if (!isOver) orders.set(unitId, update);
    }
    const known = this.#deps.updates.list();
    const underWay = known.filter(({ state }) => !isUpdateEnd(state));
    return {
      units,
      orders,
      known: new Set(known.map(({ updateId }) => updateId)),
      underWay: new Map(underWay.map(({ unitId, updateId }) => [unitId, updateId])),
    };
  }

  #forgetRemoved({ units }: Now): void {
    const there = new Set(units.map(({ unitId }) => unitId));
    for (const unitId of this.#told.keys()) if (!there.has(unitId)) this.#told.delete(unitId);
  }

  #callOff({ units, orders, underWay }: Now): void {
    for (const { unitId, update } of units) {
      const told = this.#lastTold(unitId);
      if (!told || isUpdateEnd(told.state) || told.updateId === update?.updateId) continue;
      if (underWay.get(unitId) === told.updateId) this.#deps.updates.cancel(told.updateId);
      // It never came as far as the unit's own updates.
      else this.#end(unitId, { updateId: told.updateId, fileBytes: 1 }, 'update_cancelled');
    }
    const { sha256, cancel } = this.#download ?? {};
    if (cancel && ![...orders.values()].some((order) => order.sha256 === sha256)) cancel.abort();
  }

  /** The hub wants it, or did when it was last told of it. */
  #isOrdered({ unitId, updateId }: UpdateProgress): boolean {
    if (this.#lastTold(unitId)?.updateId === updateId) return true;
    return this.#now().orders.get(unitId)?.updateId === updateId;
  }

  /** Nothing has to be fetched for it: the file is here, or the update was begun in an earlier run. */
  #isHere({ sha256, updateId }: UpdateOrder, { known }: Now): boolean {
    return this.#deps.files.has(sha256) || known.has(updateId);
  }

  #begin(unitId: UnitId, order: UpdateOrder): void {
    const { updateId, sha256: fileId } = order;
    try {
      this.#tell(this.#deps.updates.start({ updateId, unitId, fileId }));
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      this.#deps.log.warn({ unitId, updateId, code, err: error }, 'update cannot begin');
      this.#end(unitId, order, code);
    }
  }

  /** One file at a time, each in its turn. */
  #fetchNext(): void {
    if (!this.#isOpen || this.#download || this.#cancelRetry) return;
    const now = this.#now();
    const missing = this.#nextMissing(now);
    if (!missing) return;
    this.#askedLast = missing.sha256;
    const cancel = new AbortController();
    this.#download = { sha256: missing.sha256, cancel };
    void this.#fetch(missing, cancel.signal).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'firmware is held up');
    });
  }

  /** Of the files that are not here, the one behind that which was asked for last. */
  #nextMissing(now: Now): UpdateOrder | undefined {
    const files = new Map<FileDigest, UpdateOrder>();
    for (const order of now.orders.values()) {
      if (!files.has(order.sha256) && !this.#isHere(order, now)) files.set(order.sha256, order);
    }
    const missing = [...files.values()];
    const last = missing.findIndex(({ sha256 }) => sha256 === this.#askedLast);
    return missing[last + 1] ?? missing[0];
  }

  async #fetch(order: UpdateOrder, signal: AbortSignal): Promise<void> {
    const { downloads, files, log } = this.#deps;
    const { sha256, firmwareId, fileBytes } = order;
    let trouble: ErrorCode | undefined;
    try {
      const file = await downloads.fetch(order, signal);
      await files.put(file);
      await downloads.forget(order);
      this.#backoff.reset();
      log.info({ firmwareId, sha256, fileBytes }, 'firmware is here');
    } catch (error) {
      trouble = error instanceof AppError ? error.code : 'internal';
      log.warn({ firmwareId, sha256, code: trouble, err: error }, 'firmware did not come');
    }
    this.#download = undefined;
    if (!this.#isOpen) return;
    if (trouble !== undefined && !signal.aborted) this.#troubled(sha256, trouble);
    this.refresh();
  }

  #troubled(sha256: FileDigest, code: ErrorCode): void {
    for (const [unitId, order] of this.#now().orders) {
      if (order.sha256 !== sha256) continue;
      if (HOPELESS.includes(code)) this.#end(unitId, order, code);
      else this.#tell(progressOf(unitId, order, { state: 'queued', code }));
    }
    if (HOPELESS.includes(code)) return;
    this.#cancelRetry = this.#deps.clock.after(this.#backoff.next(), () => {
      this.#cancelRetry = undefined;
      this.#fetchNext();
    });
  }

  #end(unitId: UnitId, order: Pick<UpdateOrder, 'updateId' | 'fileBytes'>, code: ErrorCode): void {
    this.#tell(progressOf(unitId, order, { state: 'failed', code }));
  }

  /** That it is here and waits, unless more is known of it already. */
  #tellUnlessTold(unitId: UnitId, order: UpdateOrder): void {
    if (this.#lastTold(unitId)?.updateId === order.updateId) return;
    this.#tell(progressOf(unitId, order, { state: 'queued', code: null }));
  }

  /** States once and for good, what lies between them as it comes. */
  #tell(progress: UpdateProgress): void {
    const { clock, log, units, writer } = this.#deps;
    const { unitId, updateId, state, code } = progress;
    const last = this.#lastTold(unitId);
    if (last?.updateId === updateId && last.state === state && last.code === code) {
      if (state === 'downloading') this.#tellTransfer(progress);
      return;
    }
    const told: ToldUpdate = { updateId, state, code };
    this.#told.set(unitId, told);
    log.info({ unitId, updateId, state, code }, 'update changed');
    const data = { ...progress, atMs: Math.round(clock.nowMs()) };
    writer.happened({ type: 'update.changed', data }, () => units.markUpdateTold(unitId, told));
  }

  #tellTransfer({ unitId, updateId, doneBytes, totalBytes }: UpdateProgress): void {
    const { clock, transfer } = this.#deps;
    const now = clock.monotonicMs();
    if (now - this.#transferToldMs < TRANSFER_EVERY_MS) return;
    this.#transferToldMs = now;
    transfer({ unitId, updateId, doneBytes, totalBytes });
  }

  #lastTold(unitId: UnitId): ToldUpdate | undefined {
    return this.#told.get(unitId) ?? this.#deps.units.toldUpdate(unitId);
  }
}

function progressOf(
  unitId: UnitId,
  { updateId, fileBytes }: Pick<UpdateOrder, 'updateId' | 'fileBytes'>,
  is: Pick<UpdateProgress, 'state' | 'code'>,
): UpdateProgress {
  return { updateId, unitId, ...is, doneBytes: 0, totalBytes: fileBytes };
}
