import { expect, it } from 'vitest';
import { RolloutRequest } from '../http/firmware.ts';
import { FirmwareId, newId } from '../ids.ts';
import { UPDATE_STATES } from '../update/update-state.ts';
import { whyUnfit } from './firmware-fit.ts';
import { type UnitUpdateState, isUpdateOver, mayUpdateBecome } from './unit-update-state.ts';

const IMAGE = { model: 'lamp', version: '1.4.0', minVersion: '1.2.0', allowsDowngrade: false };

it.each([
  [{ model: 'lamp', firmwareVersion: '1.3.9' }, undefined],
  [{ model: 'lamp', firmwareVersion: '1.2.0' }, undefined],
  [{ model: 'relay', firmwareVersion: '1.3.9' }, 'update_wrong_model'],
  [{ model: 'lamp', firmwareVersion: '1.4.0' }, 'update_not_newer'],
  [{ model: 'lamp', firmwareVersion: '1.10.0' }, 'update_not_newer'],
  [{ model: 'lamp', firmwareVersion: '1.1.9' }, 'update_step_missing'],
  // Never updated, and not named as updates are: the unit has to say.
  [{ model: 'lamp', firmwareVersion: 'dev' }, undefined],
])('decides for %o whether the image fits', (unit, code) => {
  expect(whyUnfit(unit, IMAGE)).toBe(code);
});

it('lets an image that says so replace a newer one', () => {
  const unit = { model: 'lamp', firmwareVersion: '2.0.0' };
  expect(whyUnfit(unit, { ...IMAGE, allowsDowngrade: true })).toBeUndefined();
});

it('lets an update out of a restart only to wait for it, and never out of an end that was true', () => {
  const states: readonly UnitUpdateState[] = ['waiting', ...UPDATE_STATES, 'cancelled'];
  for (const to of states) {
    expect(mayUpdateBecome('applying', to)).toBe(to === 'verified' || isUpdateOver(to));
    expect(mayUpdateBecome('failed', to)).toBe(false);
    expect(mayUpdateBecome('rolled_back', to)).toBe(false);
    expect(mayUpdateBecome('confirmed', to)).toBe(to === 'rolled_back');
    for (const from of states) {
      if (to === 'waiting' || to === from) expect(mayUpdateBecome(from, to)).toBe(false);
    }
  }
  expect(mayUpdateBecome('verified', 'queued')).toBe(true);
  expect(mayUpdateBecome('cancelled', 'confirmed')).toBe(true);
});

it('begins with the canaries alone, where a request says no more', () => {
  const parsed = RolloutRequest.parse({ firmwareId: newId(FirmwareId) });
  expect(parsed).toMatchObject({ percentages: [100], soakMs: 600_000, stopAtFailures: 1 });
});
