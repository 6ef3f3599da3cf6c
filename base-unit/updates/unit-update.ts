import type { UnitId, UpdateId } from '#protocol/ids.ts';
import type { UpdateProgress } from '#protocol/update/update-state.ts';

/** One image for one unit. */
export interface UpdateOrder {
  /** Chosen by who orders; the same id again is the same update. */
  readonly updateId: UpdateId;
  readonly unitId: UnitId;
  /** Of the whole `.sbfw` file, in lower-case hexadecimal, as `FirmwareFiles.put` returns it. */
  readonly fileId: string;
}

/** The firmware files that the base has. Each is stored once, under the SHA-256 of its bytes. */
export interface FirmwareFiles {
  /**
   * Stores a whole file; one that is there already is left alone.
   *
   * @returns its id, once it is on the disk.
   * @throws AppError `firmware_file_invalid` when it is no firmware file or its digest is wrong;
   *   `storage_full`.
   */
  readonly put: (file: Uint8Array) => Promise<string>;
  readonly has: (fileId: string) => boolean;
}

/**
 * The updates of the units of this base, at most one per unit under way.
 *
 * The states of an update come in the order of `UPDATE_STATES`: `queued` at
 * once, in the answer of `start` and not as a change; `downloading` with the
 * first answer of the unit and then at most once a second as bytes arrive;
 * `verified` and `applying` once each; at the end exactly one of `confirmed`,
 * `failed` and `rolled_back`. From `downloading` and `verified` it goes back to
 * `queued` (with the code of the error) when the connection is lost; what the
 * unit has of the image is not sent again. `verified` with `update_output_on`
 * waits until what a restart would switch off is off. `failed` may come from any
 * state.
 *
 * Updates are kept on disk: after a restart of the base they continue, and `list`
 * returns them.
 */
export interface UnitUpdates {
  /**
   * Starts an update. Idempotent: the same `updateId` again returns its progress.
   *
   * @throws AppError `unit_unknown`; `update_image_unknown` when the file is
   *   not here: put it first; `update_in_progress` when another update of this
   *   unit has not ended; `update_protocol_unsupported`.
   */
  readonly start: (order: UpdateOrder) => UpdateProgress;
  /**
   * Cancels an update, which then ends as `failed` with `update_cancelled`.
   *
   * @returns false when it is not in progress, or already `applying`.
   */
  readonly cancel: (updateId: UpdateId) => boolean;
  /** Those in progress, and the last one that ended of each unit. */
  readonly list: () => readonly UpdateProgress[];
}

/** Follows updates. Called once a change is stored, and after a restart perhaps again. */
export interface UpdateListener {
  readonly updateChanged: (progress: UpdateProgress) => void;
}
