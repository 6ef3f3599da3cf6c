import { z } from 'zod';
import { FirmwareId, RolloutId, SiteId, UnitId } from '../ids.ts';
import { Instant } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { FileDigest } from '../rollout/update-order.ts';
import { FirmwareManifest } from '../update/firmware-manifest.ts';
import { PUBLIC_KEY_FORM } from '../update/firmware-signature.ts';
import { RolloutPlan, RolloutView, UnitUpdate } from '../rollout/rollout.ts';

/**
 * The hub's verdict on the signature. trusted: by a key that the site trusts.
 * untrusted: by a key that it no longer trusts. unchecked: the site has no keys. In any
 * case the unit decides: it runs only firmware signed with one of its own keys.
 */
const FirmwareSignature = z.enum(['trusted', 'untrusted', 'unchecked']);
type FirmwareSignature = z.infer<typeof FirmwareSignature>;

/** A signed image that a site keeps. */
export const FirmwareView = z.object({
  id: FirmwareId,
  siteId: SiteId,
  /** The signed statement of what it is for and from which versions it can be installed. */
  manifest: FirmwareManifest,
  /** The id of its signing key as given in the file, hexadecimal. */
  keyId: z.string(),
  fileBytes: z.int().positive(),
  /** Of the file as it was uploaded; the manifest has that of the image in it. */
  sha256: FileDigest,
  signature: FirmwareSignature,
  uploadedBy: z.string(),
  uploadedAt: Instant,
});
export type FirmwareView = z.infer<typeof FirmwareView>;

/**
 * POST /api/sites/:siteId/firmware, the signed image as application/octet-stream
 * -> 201 FirmwareView, or 200 with the one there is where the site has this file.
 */

/** GET /api/sites/:siteId/firmware : newest first */
export const FirmwareList = z.object({ firmware: z.array(FirmwareView) });
export type FirmwareList = z.infer<typeof FirmwareList>;

/** DELETE /api/firmware/:firmwareId */

/** GET /api/firmware/:firmwareId/image, for bases: the file, whole or a range of it */

const FirmwareKey = z.string().regex(PUBLIC_KEY_FORM);

/** GET, PUT /api/sites/:siteId/firmware-keys */
export const FirmwareKeys = z.strictObject({
  keys: z.array(FirmwareKey).max(LIMITS.firmwareKeys),
});
export type FirmwareKeys = z.infer<typeof FirmwareKeys>;

/**
 * POST /api/sites/:siteId/rollouts -> 201 RolloutView. Without `unitIds` for
 * every unit of the firmware's model that does not run its version; of these
 * the `canaryIds` come first, or one that can be reached where none is named.
 */
export const RolloutRequest = z.strictObject({
  firmwareId: FirmwareId,
  unitIds: z.array(UnitId).min(1).max(LIMITS.unitsPerBase).optional(),
  canaryIds: z.array(UnitId).min(1).max(50).optional(),
  percentages: RolloutPlan.shape.percentages
    .refine((shares) => shares.every((share, at) => share > (shares[at - 1] ?? 0)), {
      message: 'must rise',
    })
    .refine((shares) => shares.at(-1) === 100, { message: 'must end with 100' })
    .default([100]),
  /** Default: 10 minutes. */
  soakMs: RolloutPlan.shape.soakMs.default(600_000),
  stopAtFailures: RolloutPlan.shape.stopAtFailures.default(1),
  stopAtPercent: RolloutPlan.shape.stopAtPercent.default(null),
});
export type RolloutRequest = z.input<typeof RolloutRequest>;
/** With its defaults. */
export type WholeRolloutRequest = z.output<typeof RolloutRequest>;

/** GET /api/sites/:siteId/rollouts?before= : newest first */
export const RolloutListQuery = z.strictObject({ before: RolloutId.optional() });
export const RolloutList = z.object({ rollouts: z.array(RolloutView) });
export type RolloutList = z.infer<typeof RolloutList>;

/** GET /api/rollouts/:rolloutId */
export const RolloutDetails = z.object({ rollout: RolloutView, units: z.array(UnitUpdate) });
export type RolloutDetails = z.infer<typeof RolloutDetails>;

/** POST /api/rollouts/:rolloutId/pause, /resume, /abort -> RolloutView */
