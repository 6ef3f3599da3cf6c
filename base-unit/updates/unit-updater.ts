import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type { UnitId, UpdateId } from '#protocol/ids.ts';
import type { FirmwareImage } from '#protocol/update/firmware-file.ts';
import { isUpdateEnd, type UpdateProgress } from '#protocol/update/update-state.ts';
import { commonVersion, UNIT_LINK_VERSION } from '#protocol/version.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { UpdateRecord, UpdateRecords } from '../store/update-records.ts';
import type { MaintenanceTask, Maintenance } from '../units/maintenance-task.ts';
import type { UpdateListener, UpdateOrder, UnitUpdates } from './unit-update.ts';
import { UpdateRun, type UpdateTimes } from './update-run.ts';

export interface UnitUpdaterDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: {
    readonly updates: UpdateRecords;
    readonly commit: <T>(work: () => T) => T;
  };
  readonly files: {
    readonly has: (fileId: string) => boolean;
    readonly read: (fileId: string) => FirmwareImage | undefined;
  };
  readonly units: {
    readonly has: (unitId: UnitId) => boolean;
    /** There is something to do with this unit now. */
    readonly nudge: (unitId: UnitId) => void;
  };
  readonly listener: UpdateListener;
  /** Of each run; default: its own. */
  readonly updateTimes?: UpdateTimes | undefined;
}

/** An update that a unit could not get in this time is given up. */
const DEADLINE_MS = 24 * 3_600_000;
/** Longer than a unit waits for a base before it goes back by itself (docs/unit-link.md 11.4). */
const CONFIRM_DEADLINE_MS = 30 * 60_000;
const LOOK_EVERY_MS = 60_000;
/** How often a unit is brought back to its last good firmware while this base runs. */
const MAX_RESCUES = 3;

interface Active {
  readonly run: UpdateRun;
  record: UpdateRecord;
}

const VERSIONS = { min: UNIT_LINK_VERSION, max: UNIT_LINK_VERSION };

/** The updates of the units of this base: which image goes where, and what became of it. */
export class UnitUpdater implements UnitUpdates, Maintenance {
  readonly #deps: UnitUpdaterDeps;
  readonly #active = new Map<UnitId, Active>();
  readonly #ended = new Map<UnitId, UpdateRecord>();
  /** Back to the last good firmware, which nobody ordered and nobody hears of. */
  readonly #rescues = new Map<UnitId, UpdateRun>();
  readonly #rescued = new Map<UnitId, number>();
  #cancelLook: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: UnitUpdaterDeps) {
    this.#deps = deps;
  }

  /** Resumes what an earlier run left unfinished. */
  open(): void {
    for (const record of this.#deps.store.updates.all()) {
      if (isUpdateEnd(record.state)) this.#ended.set(record.unitId, record);
      else this.#resume(record);
    }
    this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
  }

  start(order: UpdateOrder): UpdateProgress {
    const { clock, files, units } = this.#deps;
    const { unitId, updateId, fileId } = order;
    const known = this.#active.get(unitId)?.record ?? this.#ended.get(unitId);
    if (known?.updateId === updateId) return progressOf(known);
    if (!units.has(unitId)) throw new AppError('unit_unknown');
    if (this.#active.has(unitId)) throw new AppError('update_in_progress');
    const firmware = files.has(fileId) ? files.read(fileId) : undefined;
    if (!firmware) throw new AppError('update_image_unknown');
    const { protocolMin: min, protocolMax: max, size } = firmware.manifest;
    if (commonVersion(VERSIONS, { min, max }) === undefined) {
      throw new AppError('update_protocol_unsupported');
    }
    const record: UpdateRecord = {
      ...{ unitId, updateId, fileId, state: 'queued', code: null, doneBytes: 0, totalBytes: size },
      ...{ orderedAtMs: Math.round(clock.nowMs()), appliedAtMs: null },
    };
    this.#keep(record);
    this.#rescues.delete(unitId);
    this.#begin(record, firmware);
    units.nudge(unitId);
    return progressOf(record);
  }

  cancel(updateId: UpdateId): boolean {
    const active = [...this.#active.values()].find(({ record }) => record.updateId === updateId);
    return active?.run.cancel() ?? false;
  }

  list(): readonly UpdateProgress[] {
    const active = [...this.#active.values()].map(({ record }) => progressOf(record));
    return [...active, ...[...this.#ended.values()].map(progressOf)];
  }

  connected(unitId: UnitId, { safeMode }: UnitIdentity): void {
    this.#active.get(unitId)?.run.wake();
    if (safeMode) this.#rescue(unitId);
    else this.#rescues.delete(unitId);
  }

  of(unitId: UnitId): MaintenanceTask | undefined {
    return this.#active.get(unitId)?.run ?? this.#rescues.get(unitId);
  }

  removed(unitId: UnitId): void {
    this.#active.get(unitId)?.run.giveUp('unit_unknown');
    this.#ended.delete(unitId);
    this.#rescues.delete(unitId);
    this.#deps.store.commit(() => {
      this.#deps.store.updates.forget(unitId);
    });
  }

  #resume(record: UpdateRecord): void {
    const firmware = this.#deps.files.read(record.fileId);
    if (firmware) {
      const isApplying = record.state === 'applying';
      // Nobody asked the unit while this base was off: that time does not count against it.
      const appliedAtMs = isApplying ? Math.round(this.#deps.clock.nowMs()) : null;
      const state = isApplying ? 'applying' : 'queued';
      this.#begin({ ...record, state, appliedAtMs }, firmware);
    } else {
      this.#finish({ ...record, state: 'failed', code: 'update_image_unknown' });
    }
  }

  #begin(record: UpdateRecord, firmware: FirmwareImage): void {
    const { clock, log, updateTimes: times } = this.#deps;
    const { unitId, updateId, state } = record;
    const run: UpdateRun = new UpdateRun(state === 'applying' ? 'applying' : 'queued', {
      clock,
      log: log.child({ unitId, updateId }),
      ...{ firmware, times },
      changed: () => {
        this.#changed(unitId);
      },
    });
    this.#active.set(unitId, { run, record });
  }

  #changed(unitId: UnitId): void {
    const active = this.#active.get(unitId);
    if (!active) return;
    const { run, record } = active;
    const { state, code, doneBytes } = run;
    const isStep = state !== record.state || code !== record.code;
    const isApplied = state === 'applying' && record.state !== 'applying';
    const appliedAtMs = isApplied ? Math.round(this.#deps.clock.nowMs()) : record.appliedAtMs;
    active.record = { ...record, state, code, doneBytes, appliedAtMs };
    if (run.isOver) this.#finish(active.record);
    else if (isStep) this.#keep(active.record);
    if (!run.isOver) this.#deps.listener.updateChanged(progressOf(active.record));
  }

  #finish(record: UpdateRecord): void {
    const { store, listener } = this.#deps;
    const { unitId, fileId, state } = record;
    this.#active.delete(unitId);
    this.#ended.set(unitId, record);
    store.commit(() => {
      store.updates.put(record);
      if (state === 'confirmed') store.updates.putGood(unitId, fileId);
    });
    listener.updateChanged(progressOf(record));
  }

  #keep(record: UpdateRecord): void {
    this.#deps.store.commit(() => {
      this.#deps.store.updates.put(record);
    });
  }

  /** A unit whose firmware does not start gets the one that last did. */
  #rescue(unitId: UnitId): void {
    if (this.#active.has(unitId) || this.#rescues.has(unitId)) return;
    const fileId = this.#deps.store.updates.goodOf(unitId);
    const firmware = fileId === undefined ? undefined : this.#deps.files.read(fileId);
    const times = (this.#rescued.get(unitId) ?? 0) + 1;
    if (!firmware || times > MAX_RESCUES) {
      this.#deps.log.warn({ unitId, times }, 'unit in safe mode, no known good firmware');
      return;
    }
    this.#rescued.set(unitId, times);
    const log = this.#deps.log.child({ unitId, rescue: times });
    log.warn(
      { version: firmware.manifest.version },
      'unit in safe mode, last good firmware scheduled',
    );
    const run: UpdateRun = new UpdateRun('queued', {
      ...{ clock: this.#deps.clock, log, firmware, times: this.#deps.updateTimes },
      changed: () => {
        if (run.isOver) this.#rescues.delete(unitId);
      },
    });
    this.#rescues.set(unitId, run);
  }

  /** Deadlines, which are long: looked for now and then. */
  #look(): void {
    if (this.#isClosed) return;
    const now = this.#deps.clock.nowMs();
    for (const { run, record } of this.#active.values()) {
      // Who looks for the reason a day later shall still find it.
      const { code } = record;
      if (isLate(record, now)) {
        run.giveUp(code === 'update_output_on' ? code : 'update_timed_out');
      }
    }
    this.#cancelLook = this.#deps.clock.after(LOOK_EVERY_MS, () => {
      this.#look();
    });
  }
}

function isLate({ orderedAtMs, appliedAtMs, state }: UpdateRecord, now: number): boolean {
  const isUnconfirmed =
    state === 'applying' && appliedAtMs !== null && now - appliedAtMs > CONFIRM_DEADLINE_MS;
  return isUnconfirmed || now - orderedAtMs > DEADLINE_MS;
}

function progressOf(record: UpdateRecord): UpdateProgress {
  const { updateId, unitId, state, doneBytes, totalBytes, code } = record;
  return { updateId, unitId, state, doneBytes, totalBytes, code };
}
