import type { ErrorCode } from '../errors.ts';
import type { FirmwareManifest } from '../update/firmware-manifest.ts';
import { FirmwareVersion, compareFirmwareVersions } from '../update/firmware-version.ts';

/**
 * Why a unit would refuse an image, as far as the hub can tell; undefined: worth
 * trying. The unit checks more.
 */
export function whyUnfit(
  unit: { readonly model: string; readonly firmwareVersion: string },
  image: Pick<FirmwareManifest, 'model' | 'version' | 'minVersion' | 'allowsDowngrade'>,
): ErrorCode | undefined {
  if (unit.model !== image.model) return 'update_wrong_model';
  if (unit.firmwareVersion === image.version) return 'update_not_newer';
  const has = FirmwareVersion.safeParse(unit.firmwareVersion);
  if (!has.success) return undefined;
  const isOlder = compareFirmwareVersions(has.data, image.version) < 0;
  if (!isOlder && !image.allowsDowngrade) return 'update_not_newer';
  const { minVersion } = image;
  if (minVersion !== null && compareFirmwareVersions(has.data, minVersion) < 0) {
    return 'update_step_missing';
  }
  return undefined;
}
