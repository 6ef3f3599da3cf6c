import { createHash } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import type { UpdateId } from '#protocol/ids.ts';
import { type UpdateProgress, isUpdateEnd } from '#protocol/update/update-state.ts';
import type {
  FirmwareFiles,
  UnitUpdates,
  UpdateListener,
  UpdateOrder,
} from '../updates/unit-update.ts';

/** Updates of units as stored across restarts; the test controls the units. */
export class FakeUpdates implements UnitUpdates, FirmwareFiles {
  readonly #files = new Set<string>();
  readonly #updates = new Map<UpdateId, UpdateProgress>();
  /** Ids that were ordered, once each. */
  readonly started: UpdateId[] = [];
  listener: UpdateListener | undefined;
  /** Refuses every file that is brought. */
  isFileRefused = false;

  readonly put = (file: Uint8Array): Promise<string> => {
    if (this.isFileRefused) return Promise.reject(new AppError('firmware_file_invalid'));
    const id = createHash('sha256').update(file).digest('hex');
    this.#files.add(id);
    return Promise.resolve(id);
  };

  readonly has = (fileId: string): boolean => this.#files.has(fileId);

  readonly start = ({ updateId, unitId, fileId }: UpdateOrder): UpdateProgress => {
    const known = this.#updates.get(updateId);
    if (known) return known;
    if (!this.#files.has(fileId)) throw new AppError('update_image_unknown');
    const isBusy = this.list().some((one) => one.unitId === unitId && !isUpdateEnd(one.state));
    if (isBusy) throw new AppError('update_in_progress');
    this.started.push(updateId);
    const progress: UpdateProgress = {
      updateId,
      unitId,
      state: 'queued',
      doneBytes: 0,
      totalBytes: 1_000,
      code: null,
    };
    this.#updates.set(updateId, progress);
    return progress;
  };

  readonly cancel = (updateId: UpdateId): boolean => {
    const update = this.#updates.get(updateId);
    if (!update || isUpdateEnd(update.state) || update.state === 'applying') return false;
    this.comeTo(updateId, { state: 'failed', code: 'update_cancelled' });
    return true;
  };

  readonly list = (): readonly UpdateProgress[] => [...this.#updates.values()];

  /** What the unit does. */
  comeTo(updateId: UpdateId, change: Partial<UpdateProgress>): void {
    const update = this.#updates.get(updateId);
    if (!update) throw new Error('no such update');
    const next = { ...update, code: null, ...change };
    this.#updates.set(updateId, next);
    this.listener?.updateChanged(next);
  }
}
