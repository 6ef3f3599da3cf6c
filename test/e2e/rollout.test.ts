import { describe, expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { RolloutFixture } from '../harness/rollout-fixture.ts';
import { startedOnce } from '../harness/started-once.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { buildUpdateImages, FirmwareMaker } from '../harness/update-images.ts';
import { uploadFirmware } from '../harness/upload-firmware.ts';

describe.skipIf(!firmwareIsBuilt())('a rollout to real units', () => {
  const fixture = startedOnce(async (cleanup) => {
    buildUpdateImages();
    return RolloutFixture.start(3, cleanup);
  }, 300_000);

  it('brings all of them on, over a restart of hub and base, and waits for one that is away', async () => {
    const { system, lamps } = fixture();
    const socket = await system.watch();
    const pids = lamps.map(({ process }) => process.pid);
    const firmware = await fixture().upload('0.2.0');
    const rollout = await fixture().rollOut(firmware);
    const { units } = await fixture().is(
      rollout,
      'under way',
      ({ rollout: { counts } }) => counts.underWay > 0,
    );
    const canary = units[0]?.unitId;
    await socket.delta('update.progress', ({ unitId }) => unitId === canary);
    await system.stopBase();
    await system.restartHub();
    const away = fixture().lamp(units[2]?.unitId);
    await away.process.kill();
    system.startBase();
    await fixture().is(
      rollout,
      'through but for one',
      ({ rollout: { counts } }) => counts.confirmed === 2,
    );
    await away.process.start();
    const ended = await fixture().is(
      rollout,
      'finished',
      (now) => now.rollout.state === 'finished',
    );
    expect(ended.rollout.counts).toMatchObject({ confirmed: 3, failed: 0 });
    await until('each reports its new version', async () =>
      (await fixture().versions()).every((version) => version === '0.2.0'),
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
    const { system } = fixture();
    const before = await fixture().versions();
    const firmware = await fixture().upload('0.3.0');
    const rollout = await fixture().rollOut(firmware);
    const { units } = await fixture().is(rollout, 'begun', () => true);
    const canary = fixture().lamp(units[0]?.unitId).process;
    // Three starts come to nothing, as by a watchdog; the fourth is the firmware from before.
    for (const start of [1, 2, 3]) {
      await until('it fails', () => !canary.isRunning, 30_000);
      const started = canary.start();
      if (start === 3) await started;
      else started.catch(() => undefined);
    }
    const stopped = await fixture().is(
      rollout,
      'stopped',
      (now) => now.rollout.state === 'stopped',
    );
    expect(stopped.rollout.counts).toMatchObject({ confirmed: 0, failed: 1, cancelled: 2 });
    expect(stopped.units[0]).toMatchObject({ state: 'rolled_back', code: 'update_rolled_back' });
    await Promise.all(fixture().lamps.map(({ id }) => system.unitById(id).ready()));
    expect(await fixture().versions()).toEqual(before);
  });

  it('shows what the unit itself refuses, and allows a retry', async () => {
    const { system, lamps } = fixture();
    const otherMaker = await FirmwareMaker.in(temporaryFolder(atTestEnd));
    const foreign = await uploadFirmware(
      system,
      await otherMaker.file('0.2.0', { version: '0.4.0' }),
    );
    const [lamp] = lamps;
    const before = await fixture().versions();
    for (const attempt of [1, 2]) {
      const rollout = await fixture().rollOut(foreign, { unitIds: [lamp?.id] });
      const { units } = await fixture().is(
        rollout,
        `refused ${attempt}`,
        (now) => now.rollout.state === 'stopped',
      );
      expect(units).toMatchObject([{ state: 'failed', code: 'firmware_unsigned' }]);
    }
    expect(await fixture().versions()).toEqual(before);
  });
});
