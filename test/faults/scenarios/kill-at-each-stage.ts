import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandStage, STAGE } from '#protocol/command/command-stage.ts';
import { startLoad } from '../load/start-load.ts';
import type { CrashPoint, Program } from '../programs/program.ts';
import { UNIT_MOMENTS, type UnitMoment } from '../proxy/unit-tap.ts';
import type { Random } from '../random.ts';
import { baseOnline, lampsOf, type FaultFixture, startFixture } from '../fault-fixture.ts';
import { type Scenario, type ScenarioContext, scaled } from '../scenario.ts';
import { injectFault } from '../inject-fault.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

/** The stages that each program logs, in the order of the command path. */
const HUB_STAGES = [
  STAGE.hubReceived,
  STAGE.hubStored,
  STAGE.hubSent,
  STAGE.baseJournalled,
  STAGE.hubVerified,
  STAGE.hubRecorded,
];
const BASE_STAGES = [
  STAGE.baseJournalled,
  STAGE.baseRouted,
  STAGE.baseDequeued,
  STAGE.baseWritten,
  STAGE.baseMatched,
  STAGE.baseRecorded,
];

type Kill =
  | {
      readonly target: 'hub' | 'base';
      readonly stage: CommandStage;
      readonly when: CrashPoint['when'];
    }
  | { readonly target: 'unit'; readonly moment: UnitMoment };

/** A slow machine may take long to reach this line. */
const KILL_MS = 60_000;
const PER_SECOND = 20;

function everyKill(): Kill[] {
  const whens = ['before', 'after'] as const;
  const programs = [
    ...HUB_STAGES.map((stage) => ({ target: 'hub' as const, stage })),
    ...BASE_STAGES.map((stage) => ({ target: 'base' as const, stage })),
  ];
  return [
    ...programs.flatMap((one) => whens.map((when) => ({ ...one, when }))),
    ...UNIT_MOMENTS.map((moment) => ({ target: 'unit' as const, moment })),
  ];
}

/** Per program, chosen at random. */
const KILLS_IN_SHORT_RUN = 2;

function killsOf({ random, isLong, scale }: ScenarioContext): Kill[] {
  const kills = random.shuffled(everyKill());
  if (isLong) return kills.slice(0, scaled(kills.length, scale));
  return (['hub', 'base', 'unit'] as const).flatMap((target) =>
    kills.filter((kill) => kill.target === target).slice(0, KILLS_IN_SHORT_RUN),
  );
}

async function fault(fixture: FaultFixture, kill: Kill, random: Random): Promise<void> {
  if (kill.target === 'unit') {
    await injectFault(random.pick(lampsOf(fixture)), kill.moment, random);
    return;
  }
  const program: Program = kill.target === 'hub' ? fixture.hub.program : fixture.base.program;
  await program.crashAt({ stage: kill.stage, when: kill.when, skip: random.int(0, 10) });
  await program.ended(KILL_MS);
  await sleep(random.int(0, 300));
  await program.start();
}

export const killAtEachStage: Scenario = {
  name: 'kill-at-each-stage',
  description: 'kill -9 of hub, base and unit at each stage of the command path, under load',
  longLimitMs: 400_000,
  play: async (context) => {
    const { random, cleanup, say, isLong } = context;
    const fixture = await startFixture({
      name: 'kill-at-each-stage',
      lamps: 2,
      sensors: 1,
      cleanup,
    });
    const load = startLoad(fixture, { random, perSecond: PER_SECOND });
    const kills = killsOf(context);
    for (const kill of kills) {
      say(describe(kill));
      await baseOnline(fixture.api, fixture.baseId);
      await sleep(random.int(0, isLong ? 1_000 : 200));
      await fault(fixture, kill, random);
    }
    await load.stop();
    const { commands, readings } = await verifyFixture(fixture, load.ledger);
    return {
      commands: commands.counts,
      readings: readings.counts,
      notes: [
        `${kills.length} kills, ${PER_SECOND} commands/s, one sensor at 20 readings/s`,
        commands.ends,
      ],
      violations: [...commands.violations, ...readings.violations],
    };
  },
};

function describe(kill: Kill): string {
  return kill.target === 'unit'
    ? `unit, ${kill.moment.replace('_', ' ')}`
    : `${kill.target}, ${kill.when} the line of ${kill.stage}`;
}
