import type { ErrorCode } from '#protocol/errors.ts';
import type { Epoch, FirmwareId, RolloutId, SiteId, UnitId, UpdateId } from '#protocol/ids.ts';
import type { RolloutHold, RolloutState } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';

/** Signed images, with what is known of them; their bytes are in firmware_images. */
export interface FirmwareTable {
  id: FirmwareId;
  site_id: SiteId;
  sha256: FileDigest;
  file_bytes: number;
  /** As it was signed. */
  manifest: Uint8Array;
  key_id: number;
  signature: Uint8Array;
  model: string;
  uploaded_by: string;
  uploaded_at: number;
}

/** The files of images, each once, however many sites have it; cut into parts of the same size. */
export interface FirmwareImagesTable {
  sha256: FileDigest;
  /** From 0. */
  part: number;
  bytes: Uint8Array;
}

/** Public keys whose firmware a site trusts, in base64. */
export interface FirmwareKeysTable {
  site_id: SiteId;
  key: string;
}

export interface RolloutsTable {
  id: RolloutId;
  site_id: SiteId;
  /** Null once the firmware was deleted. */
  firmware_id: FirmwareId | null;
  model: string;
  version: string;
  /** JSON. */
  plan: string;
  state: RolloutState;
  step: number;
  hold: RolloutHold | null;
  next_step_at: number | null;
  started_by: string;
  created_at: number;
  ended_at: number | null;
}

export interface UnitUpdatesTable {
  id: UpdateId;
  rollout_id: RolloutId;
  unit_key: number;
  unit_id: UnitId;
  /** Its place in the order of turns. */
  position: number;
  is_canary: number;
  from_version: string;
  state: UnitUpdateState;
  code: ErrorCode | null;
  /** The step in which its turn came. */
  step: number | null;
  /** 1: no later rollout has this unit. */
  is_newest: number;
  /** 1: it is part of the unit's assignment. */
  is_ordered: number;
  changed_at: number;
  /** JSON: the states it went through, and when. */
  steps: string;
  /** Place in the base's outbox of the report in force. */
  reported_epoch: Epoch | null;
  reported_seq: number | null;
}
