import type { FirmwareView } from '#protocol/http/firmware.ts';
import { whyUnfit } from '#protocol/rollout/firmware-fit.ts';
import { isUpdateOver } from '#protocol/rollout/unit-update-state.ts';
import { compareFirmwareVersions } from '#protocol/update/firmware-version.ts';
import { speaksFrames } from './carrier.ts';
import type { RosterEntry } from './roster.ts';

/** Units that an image would bring on, and that no rollout is about to update; by their names. */
export function unitsFor(image: FirmwareView, units: readonly RosterEntry[]): RosterEntry[] {
  return units
    .filter((unit) => fits(image, unit) && (!unit.update || isUpdateOver(unit.update.state)))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The newest suitable image for a unit; undefined: it has the newest. */
export function newestFor(
  unit: Pick<RosterEntry, 'endpoint' | 'identity'>,
  images: readonly FirmwareView[],
): FirmwareView | undefined {
  return images
    .filter((image) => image.signature !== 'untrusted' && fits(image, unit))
    .sort((a, b) => compareFirmwareVersions(b.manifest.version, a.manifest.version))[0];
}

function fits(
  { manifest }: FirmwareView,
  { endpoint, identity }: Pick<RosterEntry, 'endpoint' | 'identity'>,
): boolean {
  return speaksFrames(endpoint) && identity !== null && whyUnfit(identity, manifest) === undefined;
}
