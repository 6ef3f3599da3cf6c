import { describe, expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { RolloutScene } from '../harness/rollout-scene.ts';
import { startedOnce } from '../harness/started-once.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { buildUpdateImages, FirmwareMaker } from '../harness/update-images.ts';
import { uploadFirmware } from '../harness/upload-firmware.ts';

describe.skipIf(!firmwareIsBuilt())('a rollout to real units', () => {
  const scene = startedOnce(async (cleanup) => {
    buildUpdateImages();
    return RolloutScene.start(3, cleanup);
  }, 300_000);

  it('brings all of them on, over a restart of hub and base, and waits for one that is away', async () => {
    const { system, lamps } = scene();
    const socket = await system.watch();
    const pids = lamps.map(({ process }) => process.pid);
    const firmware = await scene().upload('0.2.0');
    const rollout = await scene().rollOut(firmware);
    const { units } = await scene().is(
      rollout,
      'under way',
      ({ rollout: { counts } }) => counts.underWay > 0,
    );
    const canary = units[0]?.unitId;
    await socket.delta('update.progress', ({ unitId }) => unitId === canary);
    await system.stopBase();
    await system.restartHub();
    const away = scene().lamp(units[2]?.unitId);
    await away.process.kill();
    system.startBase();
    await scene().is(
      rollout,
      'through but for one',
      ({ rollout: { counts } }) => counts.confirmed === 2,
    );
    await away.process.start();
    const ended = await scene().is(rollout, 'finished', (now) => now.rollout.state === 'finished');
    expect(ended.rollout.counts).toMatchObject({ confirmed: 3, failed: 0 });
    await until('each tells its new version', async () =>
      (await scene().versions()).every((version) => version === '0.2.0'),
    );
    // The same processes run another program.
    const others = lamps.filter(({ id }) => id !== away.id);
    for (const lamp of others) expect(lamp.process.pid).toBe(pids[lamps.indexOf(lamp)]);
    const first = ended.units[0];
    expect(first?.steps.map(({ state }) => state)).toEqual(
      expect.arrayContaining(['queued', 'downloading', 'verified', 'applying', 'confirmed']),
    );
  });

  it('is stopped by firmware that does not start: one lamp goes back, the others are left alone', async () => {
    const { system } = scene();
    const before = await scene().versions();
    const firmware = await scene().upload('0.3.0');
    const rollout = await scene().rollOut(firmware);
    const { units } = await scene().is(rollout, 'begun', () => true);
    const canary = scene().lamp(units[0]?.unitId).process;
    // Three starts come to nothing, as by a watchdog; the fourth is the firmware from before.
    for (const start of [1, 2, 3]) {
      await until('it fails', () => !canary.isRunning, 30_000);
      const started = canary.start();
      if (start === 3) await started;
      else started.catch(() => undefined);
    }
    const stopped = await scene().is(rollout, 'stopped', (now) => now.rollout.state === 'stopped');
    expect(stopped.rollout.counts).toMatchObject({ confirmed: 0, failed: 1, cancelled: 2 });
    expect(stopped.units[0]).toMatchObject({ state: 'rolled_back', code: 'update_rolled_back' });
    await Promise.all(scene().lamps.map(({ id }) => system.unitById(id).ready()));
    expect(await scene().versions()).toEqual(before);
  });

  it('shows what the unit itself refuses, and takes another try', async () => {
    const { system, lamps } = scene();
    const stranger = await FirmwareMaker.in(temporaryFolder(atTestEnd));
    const foreign = await uploadFirmware(
      system,
      await stranger.file('0.2.0', { version: '0.4.0' }),
    );
    const [lamp] = lamps;
    const before = await scene().versions();
    for (const attempt of [1, 2]) {
      const rollout = await scene().rollOut(foreign, { unitIds: [lamp?.id] });
      const { units } = await scene().is(
        rollout,
        `refused ${attempt}`,
        (now) => now.rollout.state === 'stopped',
      );
      expect(units).toMatchObject([{ state: 'failed', code: 'firmware_unsigned' }]);
    }
    expect(await scene().versions()).toEqual(before);
  });
});
