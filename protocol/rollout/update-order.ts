import { z } from 'zod';
import { FirmwareId, UpdateId } from '../ids.ts';
import { LIMITS } from '../limits.ts';

/** SHA-256 of a whole firmware file, in lower-case hexadecimal. */
export const FileDigest = z.string().regex(/^[0-9a-f]{64}$/);
export type FileDigest = z.infer<typeof FileDigest>;

/**
 * What a unit is to run, as its assignment says it: stands there from the
 * moment the unit's turn has come until the update has ended or is taken
 * back. The base judges it by the id: each is carried out once.
 */
export const UpdateOrder = z.object({
  updateId: UpdateId,
  firmwareId: FirmwareId,
  sha256: FileDigest,
  fileBytes: z.int().min(1).max(LIMITS.firmwareFileBytes),
});
export type UpdateOrder = z.infer<typeof UpdateOrder>;
