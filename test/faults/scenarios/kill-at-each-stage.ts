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

type Blow =
  | {
      readonly target: 'hub' | 'base';
      readonly stage: CommandStage;
      readonly when: CrashPoint['when'];
    }
  | { readonly target: 'unit'; readonly moment: UnitMoment };

/** A slow machine takes its time to come to the line. */
const BLOW_MS = 60_000;
const PER_SECOND = 20;

function everyBlow(): Blow[] {
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

/** In the short run so many of each victim, by chance. */
const SHORT_BLOWS = 2;

function blowsOf({ random, isLong, scale }: ScenarioContext): Blow[] {
  const blows = random.shuffled(everyBlow());
  if (isLong) return blows.slice(0, scaled(blows.length, scale));
  return (['hub', 'base', 'unit'] as const).flatMap((target) =>
    blows.filter((blow) => blow.target === target).slice(0, SHORT_BLOWS),
  );
}

async function fault(fixture: FaultFixture, blow: Blow, random: Random): Promise<void> {
  if (blow.target === 'unit') {
    await injectFault(random.pick(lampsOf(fixture)), blow.moment, random);
    return;
  }
  const program: Program = blow.target === 'hub' ? fixture.hub.program : fixture.base.program;
  await program.crashAt({ stage: blow.stage, when: blow.when, skip: random.int(0, 10) });
  await program.ended(BLOW_MS);
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
    const blows = blowsOf(context);
    for (const blow of blows) {
      say(describe(blow));
      await baseOnline(fixture.api, fixture.baseId);
      await sleep(random.int(0, isLong ? 1_000 : 200));
      await fault(fixture, blow, random);
    }
    await load.stop();
    const { commands, readings } = await verifyFixture(fixture, load.ledger);
    return {
      commands: commands.counts,
      readings: readings.counts,
      notes: [
        `${blows.length} kills, ${PER_SECOND} commands/s, one sensor at 20 readings/s`,
        commands.ends,
      ],
      violations: [...commands.violations, ...readings.violations],
    };
  },
};

function describe(blow: Blow): string {
  return blow.target === 'unit'
    ? `unit, ${blow.moment.replace('_', ' ')}`
    : `${blow.target}, ${blow.when} the line of ${blow.stage}`;
}
