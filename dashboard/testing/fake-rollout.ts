import type { ErrorCode } from '#protocol/errors.ts';
import type { FirmwareView } from '#protocol/http/firmware.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { FirmwareId, newId, RolloutId, UpdateId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import {
  isUpdateFailure,
  isUpdateOver,
  type UnitUpdateState,
} from '#protocol/rollout/unit-update-state.ts';
import type { FakeSite } from './fake-site.ts';

/** An image that a hub would have of a signed file. */
export function fakeImage(
  site: FakeSite,
  change: Partial<Pick<FirmwareView, 'signature'>> & { version: string; model?: string },
): FirmwareView {
  const image: FirmwareView = {
    id: newId(FirmwareId),
    siteId: site.site.id,
    manifest: {
      model: change.model ?? 'Lamp',
      platform: 'esp8266',
      version: change.version,
      minVersion: null,
      protocolMin: 1,
      protocolMax: 1,
      size: 412_336,
      sha256: '0'.repeat(64),
      allowsDowngrade: false,
    },
    keyId: '1b2c3d4e',
    fileBytes: 412_600,
    sha256: 'f'.repeat(64),
    signature: change.signature ?? 'unchecked',
    uploadedBy: 'user:1',
    uploadedAt: toInstant(Date.now() - 3_600_000),
  };
  site.firmware = [image, ...site.firmware];
  return image;
}

/** A rollout whose units have the given states. */
export function fakeRollout(
  site: FakeSite,
  image: FirmwareView,
  units: readonly (readonly [UnitView, UnitUpdateState, ErrorCode?])[],
  change: Partial<RolloutView> = {},
): RolloutView {
  const now = toInstant(Date.now());
  const count = (fits: (state: UnitUpdateState) => boolean): number =>
    units.filter(([, state]) => fits(state)).length;
  const rollout: RolloutView = {
    id: newId(RolloutId),
    siteId: site.site.id,
    firmware: { id: image.id, model: image.manifest.model, version: image.manifest.version },
    state: 'running',
    plan: { percentages: [50, 100], soakMs: 600_000, stopAtFailures: 2, stopAtPercent: null },
    step: 1,
    targets: [1, Math.ceil(units.length / 2), units.length],
    counts: {
      waiting: count((state) => state === 'waiting'),
      underWay: count((state) => state !== 'waiting' && !isUpdateOver(state)),
      confirmed: count((state) => state === 'confirmed'),
      failed: count(isUpdateFailure),
      cancelled: count((state) => state === 'cancelled'),
    },
    hold: null,
    nextStepAt: null,
    startedBy: 'user:1',
    createdAt: now,
    endedAt: null,
    ...change,
  };
  for (const [index, [unit, state, code]] of units.entries()) {
    site.putUnit({
      ...unit,
      update: {
        id: newId(UpdateId),
        unitId: unit.id,
        rolloutId: rollout.id,
        firmwareId: image.id,
        version: image.manifest.version,
        fromVersion: unit.identity?.firmwareVersion ?? '',
        isCanary: index === 0,
        state,
        ...(code === undefined ? {} : { code }),
        steps: [{ state, at: now }],
      },
    });
  }
  site.putRollout(rollout);
  return rollout;
}
