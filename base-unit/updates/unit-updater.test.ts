import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#protocol/errors.ts';
import { newId, UnitId, UpdateId } from '#protocol/ids.ts';
import { Status, UpdateError, UpdateState } from '#protocol/unit-link/unit_link_pb.ts';
import { IMAGE_BYTES, UpdateFixture } from '../testing/update-fixture.ts';

const DAY_MS = 86_400_000;

async function started(): Promise<UpdateFixture> {
  const fixture = new UpdateFixture();
  await fixture.order();
  fixture.connect();
  return fixture;
}

async function applied(): Promise<UpdateFixture> {
  const fixture = await started();
  await fixture.pass(1_000);
  expect(fixture.last?.state).toBe('applying');
  return fixture;
}

describe('an update', () => {
  it('goes through all its states, and keeps the file as the last good one', async () => {
    const fixture = await applied();
    fixture.restartUnit('2.0.0', true);
    await fixture.pass(10_000);
    expect(fixture.last?.state).toBe('applying');
    fixture.unit.unconfirmed = false;
    await fixture.pass(5_000);
    expect(fixture.states()).toEqual(['downloading', 'verified', 'applying', 'confirmed']);
    expect(fixture.last).toMatchObject({ doneBytes: IMAGE_BYTES, totalBytes: IMAGE_BYTES });
    expect(fixture.store.updates.goodOf(fixture.unitId)).toHaveLength(64);
    expect(fixture.updater.list()).toEqual([fixture.last]);
    expect(fixture.updater.of(fixture.unitId)).toBeUndefined();
  });

  it('sends nothing of the image before the unit has checked the signature', async () => {
    const fixture = new UpdateFixture();
    let checked = () => {};
    fixture.unit.checked = new Promise((resolve) => (checked = resolve));
    await fixture.order();
    fixture.connect();
    const running = fixture.pass(1_000);
    fixture.clock.advance(10_000);
    await Promise.resolve();
    expect(fixture.unit.heard).toEqual(['updateBegin']);
    expect(fixture.updater.list()).toMatchObject([{ state: 'queued', code: null }]);
    checked();
    await running;
    expect(fixture.states()).toEqual(['downloading', 'verified', 'applying']);
    expect(fixture.unit.heard.filter((name) => name === 'updateBegin')).toHaveLength(1);
  });

  it('reports bytes at most once a second', async () => {
    const fixture = await started();
    await fixture.run();
    const reports = fixture.reported.filter(({ state }) => state === 'downloading');
    expect(reports.map(({ doneBytes }) => doneBytes)).toEqual([0, 1792]);
  });

  it('is the same when it is ordered again, and the only one', async () => {
    const fixture = new UpdateFixture();
    const updateId = await fixture.order();
    const [progress] = fixture.updater.list();
    const fileId = fixture.store.updates.all()[0]?.fileId ?? '';
    const order = { updateId, unitId: fixture.unitId, fileId };
    expect(fixture.updater.start(order)).toEqual(progress);
    const refusals: [Partial<typeof order>, ErrorCode][] = [
      [{ updateId: newId(UpdateId) }, 'update_in_progress'],
      [{ updateId: newId(UpdateId), unitId: newId(UnitId) }, 'unit_unknown'],
    ];
    for (const [more, code] of refusals) {
      expect(() => fixture.updater.start({ ...order, ...more })).toThrow(
        expect.objectContaining({ code }),
      );
    }
    expect(fixture.nudges).toBe(1);
  });

  it('needs its file, and a protocol that the base supports', async () => {
    const fixture = new UpdateFixture();
    const order = { updateId: newId(UpdateId), unitId: fixture.unitId };
    expect(() => fixture.updater.start({ ...order, fileId: 'ab'.repeat(32) })).toThrow(
      expect.objectContaining({ code: 'update_image_unknown' }),
    );
    await expect(fixture.order({ protocolMin: 2, protocolMax: 3 })).rejects.toMatchObject({
      code: 'update_protocol_unsupported',
    });
    expect(fixture.updater.list()).toEqual([]);
  });

  it('goes on from where the unit is after a cut, and waits a little longer each time', async () => {
    const fixture = await started();
    await fixture.run(2);
    fixture.unit.answer = () => ({ ok: false, code: 'link_lost' });
    await fixture.run();
    expect(fixture.last).toMatchObject({ state: 'queued', code: 'unit_unreachable' });
    fixture.unit.answer = undefined;
    fixture.connect();
    await fixture.run();
    expect(fixture.last?.state).toBe('downloading');
    expect(fixture.unit.stored).toBe(IMAGE_BYTES);
    expect(fixture.unit.heard.filter((name) => name === 'updateBegin')).toHaveLength(2);
  });

  it('starts over when the unit stored something else, three times', async () => {
    const fixture = await started();
    fixture.unit.answer = (request) => {
      if (request.case !== 'updateQuery') return undefined;
      fixture.unit.state = UpdateState.IDLE;
      fixture.unit.stored = 0;
      return fixture.unit.says(UpdateError.BAD_HASH);
    };
    await fixture.pass(20_000);
    expect(fixture.last).toMatchObject({ state: 'failed', code: 'update_corrupted' });
    expect(fixture.unit.heard.filter((name) => name === 'updateBegin')).toHaveLength(3);
  });

  it.each<[UpdateError, ErrorCode]>([
    [UpdateError.BAD_MANIFEST, 'firmware_file_invalid'],
    [UpdateError.UNKNOWN_KEY, 'firmware_unsigned'],
    [UpdateError.BAD_SIGNATURE, 'firmware_unsigned'],
    [UpdateError.WRONG_MODEL, 'update_wrong_model'],
    [UpdateError.NOT_NEWER, 'update_not_newer'],
    [UpdateError.MIN_VERSION, 'update_step_missing'],
    [UpdateError.NO_ROOM, 'update_too_large'],
    [UpdateError.NOT_ENCRYPTED, 'update_link_plain'],
    [UpdateError.STORAGE, 'unit_hardware_error'],
  ])('ends where the unit refuses for good (%i)', async (error, code) => {
    const fixture = await started();
    fixture.unit.answer = () => fixture.unit.says(error);
    await fixture.run();
    expect(fixture.last).toMatchObject({ state: 'failed', code });
  });

  it.each([UpdateError.UNCONFIRMED, UpdateError.NO_MEMORY])(
    'waits where the unit cannot take it yet (%i)',
    async (error) => {
      const fixture = await started();
      fixture.unit.answer = () => fixture.unit.says(error);
      await fixture.pass(3_000);
      expect(fixture.updater.list()).toMatchObject([{ state: 'queued' }]);
      fixture.unit.answer = undefined;
      await fixture.pass(5_000);
      expect(fixture.last?.state).toBe('applying');
    },
  );

  it('distinguishes units that cannot be updated from busy ones', async () => {
    const old = await started();
    old.unit.answer = () => old.unit.refuses(Status.UNSUPPORTED);
    await old.run();
    expect(old.last).toMatchObject({ state: 'failed', code: 'unit_unsupported' });
    const busy = await started();
    busy.unit.answer = () => busy.unit.refuses(Status.BUSY);
    await busy.pass(3_000);
    expect(busy.reported).toEqual([]);
    busy.unit.answer = undefined;
    await busy.pass(10_000);
    expect(busy.last?.state).toBe('applying');
  });

  it('is confirmed at once by a unit that runs it already', async () => {
    const fixture = new UpdateFixture();
    fixture.unit.version = '2.0.0';
    await fixture.order();
    fixture.connect();
    await fixture.run();
    expect(fixture.last?.state).toBe('confirmed');
    expect(fixture.unit.heard).toEqual([]);
  });

  it('waits while a restart would switch something off, and says why once', async () => {
    const fixture = await started();
    fixture.unit.outputOn = true;
    await fixture.pass(60_000);
    expect(fixture.last).toMatchObject({ state: 'verified', code: 'update_output_on' });
    fixture.connect();
    await fixture.pass(60_000);
    expect(fixture.states()).toEqual(['downloading', 'verified']);
    expect(fixture.reported.filter(({ state }) => state === 'verified')).toHaveLength(1);
    expect(fixture.unit.heard).not.toContain('updateApply');
    fixture.unit.outputOn = false;
    await fixture.pass(11_000);
    expect(fixture.last).toMatchObject({ state: 'applying', code: null });
  });

  it('goes back to waiting where something was switched on at the last moment', async () => {
    const fixture = await started();
    fixture.unit.answer = (request) => {
      if (request.case === 'updateApply') fixture.unit.outputOn = true;
      return undefined;
    };
    await fixture.pass(1_000);
    expect(fixture.states()).toEqual(['downloading', 'verified', 'applying', 'verified']);
    expect(fixture.last?.code).toBe('update_output_on');
    const [progress] = fixture.updater.list();
    expect(progress && fixture.updater.cancel(progress.updateId)).toBe(true);
  });

  it('waits a day at most, and then says what it waited for', async () => {
    const fixture = await started();
    fixture.unit.outputOn = true;
    await fixture.pass(1_000);
    fixture.session = undefined;
    fixture.clock.advance(DAY_MS + 120_000);
    expect(fixture.last).toMatchObject({ state: 'failed', code: 'update_output_on' });
  });

  it('is retried when the request to install it was lost, and finally given up', async () => {
    const fixture = await applied();
    for (let time = 0; time < 2; time += 1) {
      fixture.restartUnit('1.0.0', false);
      await fixture.pass(5_000);
      expect(fixture.last?.state).toBe('applying');
    }
    fixture.restartUnit('1.0.0', false);
    await fixture.pass(5_000);
    expect(fixture.last).toMatchObject({ state: 'failed', code: 'unit_unreachable' });
  });

  it('is rolled back where the unit says so', async () => {
    const fixture = await applied();
    fixture.unit.failedVersion = '2.0.0';
    fixture.restartUnit('1.0.0', false);
    await fixture.run();
    expect(fixture.last).toMatchObject({ state: 'rolled_back', code: 'update_rolled_back' });
    expect(fixture.store.updates.goodOf(fixture.unitId)).toBeUndefined();
  });

  it('can be called off until it is being installed', async () => {
    const fixture = await started();
    await fixture.run(2);
    const [first] = fixture.updater.list();
    expect(first && fixture.updater.cancel(first.updateId)).toBe(true);
    expect(fixture.last).toMatchObject({ state: 'failed', code: 'update_cancelled' });
    const late = await applied();
    const [progress] = late.updater.list();
    expect(progress && late.updater.cancel(progress.updateId)).toBe(false);
  });

  it('ends after a day without the unit, and half an hour without its confirmation', async () => {
    const fixture = new UpdateFixture();
    await fixture.order();
    fixture.clock.advance(DAY_MS + 120_000);
    expect(fixture.last).toMatchObject({ state: 'failed', code: 'update_timed_out' });
    const silent = await applied();
    silent.session = undefined;
    silent.clock.advance(20 * 60_000);
    silent.restart();
    silent.clock.advance(20 * 60_000);
    expect(silent.last?.state).toBe('applying');
    silent.clock.advance(11 * 60_000);
    expect(silent.last).toMatchObject({ state: 'failed', code: 'update_timed_out' });
  });

  it('survives a restart of the base, while it downloads and while it is installed', async () => {
    const fixture = await started();
    await fixture.run(2);
    fixture.restart();
    expect(fixture.updater.list()).toMatchObject([{ state: 'queued' }]);
    fixture.connect();
    await fixture.pass(1_000);
    expect(fixture.last?.state).toBe('applying');
    fixture.restart();
    fixture.restartUnit('2.0.0', false);
    await fixture.run();
    expect(fixture.last?.state).toBe('confirmed');
    fixture.restart();
    expect(fixture.updater.list()).toEqual([fixture.last]);
  });

  it('ends with its unit', async () => {
    const fixture = await started();
    fixture.updater.removed(fixture.unitId);
    expect(fixture.last).toMatchObject({ state: 'failed', code: 'unit_unknown' });
    expect(fixture.updater.list()).toEqual([]);
    expect(fixture.store.updates.all()).toEqual([]);
  });
});

describe('a unit in safe mode', () => {
  async function confirmed(): Promise<UpdateFixture> {
    const fixture = await applied();
    fixture.restartUnit('2.0.0', false);
    await fixture.run();
    fixture.reported.length = 0;
    return fixture;
  }

  it('gets its last good firmware, without a report', async () => {
    const fixture = await confirmed();
    fixture.unit.safeMode = true;
    fixture.restartUnit('1.0.0', false);
    await fixture.pass(1_000);
    expect(fixture.unit.state).toBe(UpdateState.ARMED);
    fixture.unit.safeMode = false;
    fixture.restartUnit('2.0.0', false);
    expect(fixture.updater.of(fixture.unitId)).toBeUndefined();
    expect(fixture.reported).toEqual([]);
  });

  it('gets it three times at most', async () => {
    const fixture = await confirmed();
    fixture.unit.safeMode = true;
    fixture.unit.heard.length = 0;
    for (let start = 0; start < 10; start += 1) {
      fixture.restartUnit('1.0.0', false);
      await fixture.pass(1_000);
    }
    expect(fixture.unit.heard.filter((name) => name === 'updateApply')).toHaveLength(3);
  });

  it('fails the update that brought it there, and an order goes before the rescue', async () => {
    const fixture = await applied();
    fixture.unit.safeMode = true;
    fixture.restartUnit('2.0.0', true);
    await fixture.run();
    expect(fixture.last).toMatchObject({ state: 'failed', code: 'unit_safe_mode' });
    await fixture.order({ version: '2.0.1' });
    await fixture.pass(1_000);
    expect(fixture.last?.state).toBe('applying');
  });
});
