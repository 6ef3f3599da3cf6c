import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '#protocol/http/problem.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { startLoad } from '../load/start-load.ts';
import { type FaultFixture, startFixture } from '../fault-fixture.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, scaled } from '../scenario.ts';
import { SmallDisk, smallDiskObstacle } from '../small-disk.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const DISK_MIB = 96;
const FULL = '507 storage_full';
/** At most this many commits fit into the remaining space. */
const MAX_ATTEMPTS = 200;

/**
 * What people are answered whose transactions meet the full disk at their commit: the log of
 * the database may have some room left, so until one does.
 */
async function commitsOnFullDisk({ api, units }: FaultFixture): Promise<string[]> {
  const signIn = { email: 'faults@example.com', password: 'a lamp in the window' };
  const command = () => ({ id: newId(CommandId), verb: 'set', affordance: 'brightness', input: 1 });
  const requests = [
    () => api.anonymous().send('POST', '/api/sign-in', { body: signIn }),
    () => api.send('POST', `/api/units/${units[0]?.id}/commands`, { body: command() }),
  ];
  const answers: string[] = [];
  for (const request of requests) {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { status, text } = await request();
      const code = status < 300 ? 'done' : Problem.parse(JSON.parse(text)).code;
      // The load has filled the unit's queue: refused before there was anything to commit.
      if (code === 'queue_full') continue;
      answers.push(`${status} ${code}`);
      if (status >= 300) break;
    }
  }
  return answers;
}

function wrongAnswers(answers: readonly string[]): string[] {
  const wrong = answers.filter((one) => !one.startsWith('20') && one !== FULL);
  return [
    ...wrong.map((one) => `a commit on a full disk was answered with ${one}`),
    ...(answers.includes(FULL) ? [] : ['no commit met the full disk']),
  ];
}

async function fillTheDiskOf(
  whose: 'hub' | 'base',
  { random, cleanup, isLong, scale, say }: ScenarioContext,
): Promise<ScenarioResult> {
  const disk = new SmallDisk(DISK_MIB, cleanup);
  const data = join(disk.folder, whose);
  const fixture = await startFixture({
    name: `disk-full-at-${whose}`,
    lamps: 2,
    sensors: 1,
    cleanup,
    ...(whose === 'hub' ? { hubData: data } : { baseData: data }),
  });
  const load = startLoad(fixture, { random, perSecond: 20 });
  const rounds = isLong ? scaled(6, scale) : 1;
  const answers: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await sleep(random.int(500, 1_500));
    disk.fill();
    if (whose === 'hub') answers.push(...(await commitsOnFullDisk(fixture)));
    await sleep(random.int(1_000, isLong ? 8_000 : 2_000));
    disk.free();
    say(`filled and freed, ${load.ledger.count('accepted')} accepted so far`);
  }
  await load.stop();
  const { commands, readings } = await verifyFixture(fixture, load.ledger);
  return {
    commands: commands.counts,
    readings: readings.counts,
    notes: [`the disk was full ${rounds} times`, commands.ends],
    violations: [
      ...commands.violations,
      ...readings.violations,
      ...(whose === 'hub' ? wrongAnswers(answers) : []),
    ],
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
