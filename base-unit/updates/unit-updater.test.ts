import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#protocol/errors.ts';
import { newId, UnitId, UpdateId } from '#protocol/ids.ts';
import { Status, UpdateError, UpdateState } from '#protocol/unit-link/unit_link_pb.ts';
import { IMAGE_BYTES, UpdateScene } from '../testing/update-scene.ts';

const DAY_MS = 86_400_000;

async function started(): Promise<UpdateScene> {
  const scene = new UpdateScene();
  await scene.order();
  scene.connect();
  return scene;
}

async function applied(): Promise<UpdateScene> {
  const scene = await started();
  await scene.pass(1_000);
  expect(scene.last?.state).toBe('applying');
  return scene;
}

describe('an update', () => {
  it('goes through all its states, and keeps the file as the last good one', async () => {
    const scene = await applied();
    scene.restartUnit('2.0.0', true);
    await scene.pass(10_000);
    expect(scene.last?.state).toBe('applying');
    scene.unit.unconfirmed = false;
    await scene.pass(5_000);
    expect(scene.states()).toEqual(['downloading', 'verified', 'applying', 'confirmed']);
    expect(scene.last).toMatchObject({ doneBytes: IMAGE_BYTES, totalBytes: IMAGE_BYTES });
    expect(scene.store.updates.goodOf(scene.unitId)).toHaveLength(64);
    expect(scene.updater.list()).toEqual([scene.last]);
    expect(scene.updater.of(scene.unitId)).toBeUndefined();
  });

  it('sends nothing of the image before the unit has checked the signature', async () => {
    const scene = new UpdateScene();
    let checked = () => {};
    scene.unit.checked = new Promise((resolve) => (checked = resolve));
    await scene.order();
    scene.connect();
    const running = scene.pass(1_000);
    scene.clock.advance(10_000);
    await Promise.resolve();
    expect(scene.unit.heard).toEqual(['updateBegin']);
    expect(scene.updater.list()).toMatchObject([{ state: 'queued', code: null }]);
    checked();
    await running;
    expect(scene.states()).toEqual(['downloading', 'verified', 'applying']);
    expect(scene.unit.heard.filter((name) => name === 'updateBegin')).toHaveLength(1);
  });

  it('tells bytes at most once a second', async () => {
    const scene = await started();
    await scene.run();
    const reports = scene.reported.filter(({ state }) => state === 'downloading');
    expect(reports.map(({ doneBytes }) => doneBytes)).toEqual([0, 1792]);
  });

  it('is the same when it is ordered again, and the only one', async () => {
    const scene = new UpdateScene();
    const updateId = await scene.order();
    const [progress] = scene.updater.list();
    const fileId = scene.store.updates.all()[0]?.fileId ?? '';
    const order = { updateId, unitId: scene.unitId, fileId };
    expect(scene.updater.start(order)).toEqual(progress);
    const refusals: [Partial<typeof order>, ErrorCode][] = [
      [{ updateId: newId(UpdateId) }, 'update_in_progress'],
      [{ updateId: newId(UpdateId), unitId: newId(UnitId) }, 'unit_unknown'],
    ];
    for (const [more, code] of refusals) {
      expect(() => scene.updater.start({ ...order, ...more })).toThrow(
        expect.objectContaining({ code }),
      );
    }
    expect(scene.nudges).toBe(1);
  });

  it('needs its file, and a protocol that the base speaks', async () => {
    const scene = new UpdateScene();
    const order = { updateId: newId(UpdateId), unitId: scene.unitId };
    expect(() => scene.updater.start({ ...order, fileId: 'ab'.repeat(32) })).toThrow(
      expect.objectContaining({ code: 'update_image_unknown' }),
    );
    await expect(scene.order({ protocolMin: 2, protocolMax: 3 })).rejects.toMatchObject({
      code: 'update_protocol_unsupported',
    });
    expect(scene.updater.list()).toEqual([]);
  });

  it('goes on from where the unit is after a cut, and waits a little longer each time', async () => {
    const scene = await started();
    await scene.run(2);
    scene.unit.answer = () => ({ ok: false, code: 'link_lost' });
    await scene.run();
    expect(scene.last).toMatchObject({ state: 'queued', code: 'unit_unreachable' });
    scene.unit.answer = undefined;
    scene.connect();
    await scene.run();
    expect(scene.last?.state).toBe('downloading');
    expect(scene.unit.stored).toBe(IMAGE_BYTES);
    expect(scene.unit.heard.filter((name) => name === 'updateBegin')).toHaveLength(2);
  });

  it('begins anew when the unit stored something else, three times', async () => {
    const scene = await started();
    scene.unit.answer = (request) => {
      if (request.case !== 'updateQuery') return undefined;
      scene.unit.state = UpdateState.IDLE;
      scene.unit.stored = 0;
      return scene.unit.says(UpdateError.BAD_HASH);
    };
    await scene.pass(20_000);
    expect(scene.last).toMatchObject({ state: 'failed', code: 'update_corrupted' });
    expect(scene.unit.heard.filter((name) => name === 'updateBegin')).toHaveLength(3);
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
    const scene = await started();
    scene.unit.answer = () => scene.unit.says(error);
    await scene.run();
    expect(scene.last).toMatchObject({ state: 'failed', code });
  });

  it.each([UpdateError.UNCONFIRMED, UpdateError.NO_MEMORY])(
    'waits where the unit cannot take it yet (%i)',
    async (error) => {
      const scene = await started();
      scene.unit.answer = () => scene.unit.says(error);
      await scene.pass(3_000);
      expect(scene.updater.list()).toMatchObject([{ state: 'queued' }]);
      scene.unit.answer = undefined;
      await scene.pass(5_000);
      expect(scene.last?.state).toBe('applying');
    },
  );

  it('tells units that cannot be updated from those that are busy', async () => {
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
    const scene = new UpdateScene();
    scene.unit.version = '2.0.0';
    await scene.order();
    scene.connect();
    await scene.run();
    expect(scene.last?.state).toBe('confirmed');
    expect(scene.unit.heard).toEqual([]);
  });

  it('waits while a restart would switch something off, and says why once', async () => {
    const scene = await started();
    scene.unit.outputOn = true;
    await scene.pass(60_000);
    expect(scene.last).toMatchObject({ state: 'verified', code: 'update_output_on' });
    scene.connect();
    await scene.pass(60_000);
    expect(scene.states()).toEqual(['downloading', 'verified']);
    expect(scene.reported.filter(({ state }) => state === 'verified')).toHaveLength(1);
    expect(scene.unit.heard).not.toContain('updateApply');
    scene.unit.outputOn = false;
    await scene.pass(11_000);
    expect(scene.last).toMatchObject({ state: 'applying', code: null });
  });

  it('goes back to waiting where something was switched on at the last moment', async () => {
    const scene = await started();
    scene.unit.answer = (request) => {
      if (request.case === 'updateApply') scene.unit.outputOn = true;
      return undefined;
    };
    await scene.pass(1_000);
    expect(scene.states()).toEqual(['downloading', 'verified', 'applying', 'verified']);
    expect(scene.last?.code).toBe('update_output_on');
    const [progress] = scene.updater.list();
    expect(progress && scene.updater.cancel(progress.updateId)).toBe(true);
  });

  it('waits a day at most, and then says what it waited for', async () => {
    const scene = await started();
    scene.unit.outputOn = true;
    await scene.pass(1_000);
    scene.connected = undefined;
    scene.clock.advance(DAY_MS + 120_000);
    expect(scene.last).toMatchObject({ state: 'failed', code: 'update_output_on' });
  });

  it('is tried again when the word to install it was lost, and in the end given up', async () => {
    const scene = await applied();
    for (let time = 0; time < 2; time += 1) {
      scene.restartUnit('1.0.0', false);
      await scene.pass(5_000);
      expect(scene.last?.state).toBe('applying');
    }
    scene.restartUnit('1.0.0', false);
    await scene.pass(5_000);
    expect(scene.last).toMatchObject({ state: 'failed', code: 'unit_unreachable' });
  });

  it('is rolled back where the unit says so', async () => {
    const scene = await applied();
    scene.unit.failedVersion = '2.0.0';
    scene.restartUnit('1.0.0', false);
    await scene.run();
    expect(scene.last).toMatchObject({ state: 'rolled_back', code: 'update_rolled_back' });
    expect(scene.store.updates.goodOf(scene.unitId)).toBeUndefined();
  });

  it('can be called off until it is being installed', async () => {
    const scene = await started();
    await scene.run(2);
    const [first] = scene.updater.list();
    expect(first && scene.updater.cancel(first.updateId)).toBe(true);
    expect(scene.last).toMatchObject({ state: 'failed', code: 'update_cancelled' });
    const late = await applied();
    const [progress] = late.updater.list();
    expect(progress && late.updater.cancel(progress.updateId)).toBe(false);
  });

  it('ends after a day without the unit, and half an hour without its confirmation', async () => {
    const scene = new UpdateScene();
    await scene.order();
    scene.clock.advance(DAY_MS + 120_000);
    expect(scene.last).toMatchObject({ state: 'failed', code: 'update_timed_out' });
    const silent = await applied();
    silent.connected = undefined;
    silent.clock.advance(20 * 60_000);
    silent.restart();
    silent.clock.advance(20 * 60_000);
    expect(silent.last?.state).toBe('applying');
    silent.clock.advance(11 * 60_000);
    expect(silent.last).toMatchObject({ state: 'failed', code: 'update_timed_out' });
  });

  it('survives a restart of the base, while it downloads and while it is installed', async () => {
    const scene = await started();
    await scene.run(2);
    scene.restart();
    expect(scene.updater.list()).toMatchObject([{ state: 'queued' }]);
    scene.connect();
    await scene.pass(1_000);
    expect(scene.last?.state).toBe('applying');
    scene.restart();
    scene.restartUnit('2.0.0', false);
    await scene.run();
    expect(scene.last?.state).toBe('confirmed');
    scene.restart();
    expect(scene.updater.list()).toEqual([scene.last]);
  });

  it('ends with its unit', async () => {
    const scene = await started();
    scene.updater.removed(scene.unitId);
    expect(scene.last).toMatchObject({ state: 'failed', code: 'unit_unknown' });
    expect(scene.updater.list()).toEqual([]);
    expect(scene.store.updates.all()).toEqual([]);
  });
});

describe('a unit in safe mode', () => {
  async function confirmed(): Promise<UpdateScene> {
    const scene = await applied();
    scene.restartUnit('2.0.0', false);
    await scene.run();
    scene.reported.length = 0;
    return scene;
  }

  it('gets its last good firmware, of which nobody is told', async () => {
    const scene = await confirmed();
    scene.unit.safeMode = true;
    scene.restartUnit('1.0.0', false);
    await scene.pass(1_000);
    expect(scene.unit.state).toBe(UpdateState.ARMED);
    scene.unit.safeMode = false;
    scene.restartUnit('2.0.0', false);
    expect(scene.updater.of(scene.unitId)).toBeUndefined();
    expect(scene.reported).toEqual([]);
  });

  it('gets it three times at most', async () => {
    const scene = await confirmed();
    scene.unit.safeMode = true;
    scene.unit.heard.length = 0;
    for (let start = 0; start < 10; start += 1) {
      scene.restartUnit('1.0.0', false);
      await scene.pass(1_000);
    }
    expect(scene.unit.heard.filter((name) => name === 'updateApply')).toHaveLength(3);
  });

  it('fails the update that brought it there, and an order goes before the rescue', async () => {
    const scene = await applied();
    scene.unit.safeMode = true;
    scene.restartUnit('2.0.0', true);
    await scene.run();
    expect(scene.last).toMatchObject({ state: 'failed', code: 'unit_safe_mode' });
    await scene.order({ version: '2.0.1' });
    await scene.pass(1_000);
    expect(scene.last?.state).toBe('applying');
  });
});
