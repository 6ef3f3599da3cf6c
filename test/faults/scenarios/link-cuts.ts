import { setTimeout as sleep } from 'node:timers/promises';
import { percentilesOf } from '../../bench/latencies.ts';
import { startLoad } from '../load/start-load.ts';
import type { Random } from '../random.ts';
import { resumedAfter } from '../resume-watch.ts';
import { type FaultFixture, sentCount, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const LONG = { durationMs: 60_000, quietMs: 4_000, perSecond: 200, sensors: 10, periodMs: 10 };
const SHORT = { durationMs: 8_000, quietMs: 1_500, perSecond: 20, sensors: 2, periodMs: 20 };
const WANTED_P99_MS = 5_000;

/** One fault of the link, and the time to resume, if it had to. */
async function misfortune(fixture: FaultFixture, random: Random): Promise<number | undefined> {
  const logByte = fixture.base.program.log.bytes;
  const kind = random.pick(['rst', 'fin', 'away', 'away', 'slow', 'held'] as const);
  const awayMs = random.int(100, 2_000);
  switch (kind) {
    case 'rst':
    case 'fin':
      fixture.link.cut(kind);
      return resumedAfter(fixture, { logByte, mendedAtMs: Date.now() });
    case 'away':
      fixture.link.down(random.pick(['rst', 'fin'] as const));
      await sleep(awayMs);
      fixture.link.up();
      return resumedAfter(fixture, { logByte, mendedAtMs: Date.now() });
    case 'slow':
      fixture.link.weather = {
        up: { delayMs: 200, passing: 'yes', bytesPerSecond: 100_000 },
        down: { delayMs: 200, passing: 'yes' },
      };
      break;
    case 'held':
      fixture.link.weather = {
        [random.pick(['up', 'down'] as const)]: { delayMs: 0, passing: 'held' },
      };
      break;
    default:
      kind satisfies never;
  }
  await sleep(awayMs);
  fixture.link.up();
  return undefined;
}

export const linkCuts: Scenario = {
  name: 'link-cuts',
  description:
    'the link between base and hub is cut, stalled and slowed every few seconds, under load',
  play: async ({ random, cleanup, say, isLong, scale }) => {
    const { quietMs, perSecond, sensors, periodMs, ...wanted } = isLong ? LONG : SHORT;
    const durationMs = isLong ? scaled(wanted.durationMs, scale) : wanted.durationMs;
    const fixture = await startFixture({
      name: 'link-cuts',
      lamps: isLong ? 8 : 2,
      sensors,
      sensorPeriodMs: periodMs,
      cleanup,
    });
    const load = startLoad(fixture, { random, perSecond });
    const resumeMs: number[] = [];
    const readingsBefore = sentCount(fixture);
    const startedAtMs = performance.now();
    const endMs = startedAtMs + durationMs;
    let count = 0;
    while (performance.now() < endMs) {
      await sleep(random.int(quietMs / 2, quietMs));
      const durationMs = await misfortune(fixture, random);
      count += 1;
      if (durationMs !== undefined) resumeMs.push(durationMs);
    }
    const durationSeconds = (performance.now() - startedAtMs) / 1_000;
    const requested = load.ledger.count('accepted') + load.ledger.count('refused');
    const reached = {
      commands: (requested / durationSeconds).toFixed(0),
      readings: ((sentCount(fixture) - readingsBefore) / durationSeconds).toFixed(0),
    };
    say(`${count} misfortunes; now everything is mended`);
    await load.stop();
    const { commands, readings } = await verifyFixture(fixture, load.ledger);
    const { p99Ms } = percentilesOf(resumeMs);
    // A time is held against the long run only: elsewhere other work shares the machine.
    const isLate = isLong && p99Ms > WANTED_P99_MS;
    return {
      commands: commands.counts,
      readings: readings.counts,
      resumeMs,
      notes: [
        `${count} misfortunes in ${durationSeconds.toFixed(0)} s; ${perSecond} commands/s and ${(sensors * 1_000) / periodMs} readings/s were offered, ${load.heldBack} commands were held back by the client`,
        `the hub answered ${reached.commands} commands/s, and the units sent ${reached.readings} readings/s`,
        commands.ends,
      ],
      violations: [
        ...commands.violations,
        ...readings.violations,
        ...(isLate ? [`resuming took ${Math.round(p99Ms)} ms at p99`] : []),
      ],
    };
  },
};
