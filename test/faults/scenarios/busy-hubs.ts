import { setTimeout as sleep } from 'node:timers/promises';
import { withTwoAndThreeHubs } from '../cluster/cluster-scenarios.ts';
import { OwnProcessorUse, ProcessorUse } from '../cluster/processor-use.ts';
import { startCluster } from '../cluster/start-cluster.ts';
import { sentCount } from '../fault-fixture.ts';
import { startLoad } from '../load/start-load.ts';

/** At the load that leaves so much to faults the scenarios are to be played. */
const SHARE_OF_PROCESSORS = 0.6;
const LOAD = { lamps: 6, sensors: 4, sensorPeriodMs: 20 };
const RATES = [0, 5, 10, 20, 40] as const;
const LONG_STEP_MS = 20_000;
const SHORT_STEP_MS = 8_000;
/** A request that takes longer has waited for a processor. */
const LATE_MS = 2_000;
/** What was begun at one rate does not count for the next. */
const SETTLED_MS = 2_000;

interface Step {
  readonly perSecond: number;
  readonly share: number;
  /** Nearly all of its requests were answered soon. */
  readonly isServed: boolean;
}

/**
 * Counts what hubs, PostgreSQL, balancer, base, units and this program use. On a machine that
 * has no time left for them they do less than is asked of them, so what they did is said, too.
 */
export const busyHubs = withTwoAndThreeHubs({
  name: 'busy-hubs',
  description: 'no harm is done: how busy the processors are with how many commands a second',
  isLongOnly: true,
  play: async ({ random, cleanup, isLong, say }, { hubs, name }) => {
    const idleMachine = new ProcessorUse();
    await sleep(SETTLED_MS);
    const before = idleMachine.share();
    const { fixture } = await startCluster({ ...LOAD, name, hubs, cleanup });
    const steps: Step[] = [];
    const stepMs = isLong ? LONG_STEP_MS : SHORT_STEP_MS;
    const readingsBefore = sentCount(fixture);
    const startedAtMs = performance.now();
    for (const perSecond of RATES) {
      const load = perSecond === 0 ? undefined : startLoad(fixture, { random, perSecond });
      await sleep(SETTLED_MS);
      const processors = new OwnProcessorUse();
      await sleep(stepMs);
      const share = processors.share();
      await load?.stop();
      const ended = load?.ledger.entries.filter(({ waitedMs }) => (waitedMs ?? Infinity) < LATE_MS);
      const isServed = (ended?.length ?? 0) >= 0.95 * (load?.ledger.entries.length ?? 0);
      steps.push({ perSecond, share, isServed });
      say(
        `${perSecond} commands/s: ${percent(share)}${isServed ? '' : ', not all answered in time'}`,
      );
    }
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const readings = Math.round((sentCount(fixture) - readingsBefore) / seconds);
    const rates = steps.map(
      ({ perSecond, share, isServed }) =>
        `${perSecond}/s ${percent(share)}${isServed ? '' : ' (not all answered in time)'}`,
    );
    return {
      notes: [
        `before anything was started the processors were ${percent(before)} busy`,
        `with ${readings} readings/s, and commands: ${rates.join(', ')}`,
        `${percent(SHARE_OF_PROCESSORS)} ${reachedAt(steps)}`,
      ],
      violations: [],
    };
  },
});

/** Between two measured rates it is assumed to grow linearly. */
function reachedAt(steps: readonly Step[]): string {
  let below: Step | undefined;
  for (const step of steps.filter(({ isServed }) => isServed)) {
    if (step.share >= SHARE_OF_PROCESSORS) {
      if (!below) return `are reached without commands`;
      const part = (SHARE_OF_PROCESSORS - below.share) / (step.share - below.share);
      const rate = below.perSecond + part * (step.perSecond - below.perSecond);
      return `are reached with some ${Math.round(rate)} commands/s`;
    }
    below = step;
  }
  return `are not reached with ${below?.perSecond ?? 0} commands/s, and with more not all were answered in time`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
