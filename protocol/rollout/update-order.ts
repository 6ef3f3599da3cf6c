import { z } from 'zod';
import { FirmwareId, UpdateId } from '../ids.ts';
import { LIMITS } from '../limits.ts';

/** SHA-256 of a whole firmware file, in lower-case hexadecimal. */
export const FileDigest = z.string().regex(/^[0-9a-f]{64}$/);
export type FileDigest = z.infer<typeof FileDigest>;

/**
 * The firmware that a unit is to run, as part of its assignment: present from the
 * moment the rollout reaches the unit until the update has ended or is withdrawn. The
 * base deduplicates by the id.
 */
export const UpdateOrder = z.object({
  updateId: UpdateId,
  firmwareId: FirmwareId,
  sha256: FileDigest,
  fileBytes: z.int().min(1).max(LIMITS.firmwareFileBytes),
});
export type UpdateOrder = z.infer<typeof UpdateOrder>;
