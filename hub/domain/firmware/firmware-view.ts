import { AppError } from '#protocol/errors.ts';
import type { FirmwareView } from '#protocol/http/firmware.ts';
import { toInstant } from '#protocol/json.ts';
import { decodeManifest } from '#protocol/update/firmware-manifest.ts';
import { formatKeyId, isSignedBy } from '#protocol/update/firmware-signature.ts';
import type { FirmwareRecord } from '../../store/firmware.ts';

export function versionOf({ manifestBytes }: FirmwareRecord): { readonly version?: string } {
  const manifest = decodeManifest(manifestBytes);
  return manifest ? { version: manifest.version } : {};
}

/** @param keys that its site trusts. */
export async function viewOf(
  firmware: FirmwareRecord,
  keys: readonly Uint8Array[],
): Promise<FirmwareView> {
  const manifest = decodeManifest(firmware.manifestBytes);
  if (!manifest) throw new AppError('internal');
  const isGood = await isSignedBy(keys, firmware);
  return {
    id: firmware.id,
    siteId: firmware.siteId,
    manifest,
    keyId: formatKeyId(firmware.keyId),
    fileBytes: firmware.fileBytes,
    sha256: firmware.sha256,
    signature: keys.length === 0 ? 'unchecked' : isGood ? 'trusted' : 'untrusted',
    uploadedBy: firmware.uploadedBy,
    uploadedAt: toInstant(firmware.uploadedAtMs),
  };
}
