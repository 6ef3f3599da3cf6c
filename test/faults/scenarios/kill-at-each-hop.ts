import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../load/start-load.ts';
import type { CrashPoint, Program } from '../programs/program.ts';
import { UNIT_MOMENTS, type UnitMoment } from '../proxy/unit-tap.ts';
import type { Random } from '../random.ts';
import { baseOnline, lampsOf, type Rig, startRig } from '../rig.ts';
import { type Scenario, type ScenarioContext, scaled } from '../scenario.ts';
import { strikeUnit } from '../strike-unit.ts';
import { verifyRig } from '../verify/verify-rig.ts';

/** The hops that each program logs, in the order of the straight way. */
const HUB_HOPS = [2, 3, 4, 5, 13, 14];
const BASE_HOPS = [5, 6, 7, 8, 11, 12];

type Blow =
  | { readonly victim: 'hub' | 'base'; readonly hop: number; readonly when: CrashPoint['when'] }
  | { readonly victim: 'unit'; readonly moment: UnitMoment };

/** A slow machine takes its time to come to the line. */
const BLOW_MS = 60_000;
const PER_SECOND = 20;

function everyBlow(): Blow[] {
  const whens = ['before', 'after'] as const;
  const programs = [
    ...HUB_HOPS.map((hop) => ({ victim: 'hub' as const, hop })),
    ...BASE_HOPS.map((hop) => ({ victim: 'base' as const, hop })),
  ];
  return [
    ...programs.flatMap((one) => whens.map((when) => ({ ...one, when }))),
    ...UNIT_MOMENTS.map((moment) => ({ victim: 'unit' as const, moment })),
  ];
}

/** In the short run so many of each victim, by chance. */
const SHORT_BLOWS = 2;

function blowsOf({ random, isLong, scale }: ScenarioContext): Blow[] {
  const blows = random.shuffled(everyBlow());
  if (isLong) return blows.slice(0, scaled(blows.length, scale));
  return (['hub', 'base', 'unit'] as const).flatMap((victim) =>
    blows.filter((blow) => blow.victim === victim).slice(0, SHORT_BLOWS),
  );
}

async function strike(rig: Rig, blow: Blow, random: Random): Promise<void> {
  if (blow.victim === 'unit') {
    await strikeUnit(random.pick(lampsOf(rig)), blow.moment, random);
    return;
  }
  const program: Program = blow.victim === 'hub' ? rig.hub.program : rig.base.program;
  await program.crashAt({ hop: blow.hop, when: blow.when, skip: random.int(0, 10) });
  await program.ended(BLOW_MS);
  await sleep(random.int(0, 300));
  await program.start();
}

export const killAtEachHop: Scenario = {
  name: 'kill-at-each-hop',
  description: 'kill -9 of hub, base and unit at each hop of the straight way, under load',
  longLimitMs: 400_000,
  play: async (context) => {
    const { random, cleanup, say, isLong } = context;
    const rig = await startRig({
      name: 'kill-at-each-hop',
      lamps: 2,
      sensors: 1,
      cleanup,
    });
    const load = startLoad(rig, { random, perSecond: PER_SECOND });
    const blows = blowsOf(context);
    for (const blow of blows) {
      say(describe(blow));
      await baseOnline(rig.api, rig.baseId);
      await sleep(random.int(0, isLong ? 1_000 : 200));
      await strike(rig, blow, random);
    }
    await load.stop();
    const { commands, readings } = await verifyRig(rig, load.ledger);
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
  return blow.victim === 'unit'
    ? `unit, ${blow.moment.replace('_', ' ')}`
    : `${blow.victim}, ${blow.when} the line of hop ${blow.hop}`;
}
