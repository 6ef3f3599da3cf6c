import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../load/start-load.ts';
import { startRig } from '../rig.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, scaled } from '../scenario.ts';
import { SmallDisk, smallDiskObstacle } from '../small-disk.ts';
import { verifyRig } from '../verify/verify-rig.ts';

const DISK_MIB = 96;

async function fillTheDiskOf(
  whose: 'hub' | 'base',
  { random, cleanup, isLong, scale, say }: ScenarioContext,
): Promise<ScenarioResult> {
  const disk = new SmallDisk(DISK_MIB, cleanup);
  const data = join(disk.folder, whose);
  const rig = await startRig({
    name: `disk-full-at-${whose}`,
    lamps: 2,
    sensors: 1,
    cleanup,
    ...(whose === 'hub' ? { hubData: data } : { baseData: data }),
  });
  const load = startLoad(rig, { random, perSecond: 20 });
  const rounds = isLong ? scaled(6, scale) : 1;
  for (let round = 0; round < rounds; round += 1) {
    await sleep(random.int(500, 1_500));
    disk.fill();
    await sleep(random.int(1_000, isLong ? 8_000 : 2_000));
    disk.free();
    say(`filled and freed, ${load.ledger.count('accepted')} accepted so far`);
  }
  await load.stop();
  const { commands, readings } = await verifyRig(rig, load.ledger);
  return {
    commands: commands.counts,
    readings: readings.counts,
    notes: [`the disk was full ${rounds} times`, commands.ends],
    violations: [...commands.violations, ...readings.violations],
  };
}

export const diskFullAtBase: Scenario = {
  name: 'disk-full-at-base',
  description: 'the disk of the base is full for a while, under load',
  obstacle: smallDiskObstacle,
  play: (context) => fillTheDiskOf('base', context),
};

export const diskFullAtHub: Scenario = {
  name: 'disk-full-at-hub',
  description: 'the disk of the hub is full for a while, under load',
  obstacle: smallDiskObstacle,
  play: (context) => fillTheDiskOf('hub', context),
};
