import { until } from '#platform/testing/until.ts';
import type { Ledger } from '../load/ledger.ts';
import { baseOnline, type FaultFixture, sensorsOf } from '../fault-fixture.ts';
import type { FaultHub } from '../programs/hub.ts';
import { BaseRecords } from './base-records.ts';
import { executionsOf } from './executions.ts';
import { HubRecords } from './hub-records.ts';
import { type CommandJudgement, checkCommands } from './check-commands.ts';
import {
  type DeclaredGap,
  checkReadings,
  type ReadingJudgement,
  type SentReadings,
} from './check-readings.ts';

const REST_MS = 60_000;
/** Sensors measure their light with this one. */
const ILLUMINANCE_PID = 1;

/** Waits for a condition without failing: whatever has not settled in time is judged as it is. */
async function patiently(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = REST_MS,
): Promise<void> {
  await until(what, isSo, timeoutMs).catch(() => undefined);
}

/** What the scenario knows that neither hub, base nor unit can. */
export interface Circumstances {
  readonly lost?: LostWithCopy;
  readonly shared?: SharedData;
  /** Earlier times come from a clock that was not set. */
  readonly clockSetMs?: number;
}

/** What a hub that was put back from a copy cannot know: from the copy until it was put back. */
export interface LostWithCopy {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The data of hubs that is not in the data folder of one. */
export interface SharedData {
  /** Commands that have not ended. */
  readonly openCommands: () => Promise<number>;
  /** Stops all hubs, and copies their data. @returns the file of SQLite. */
  readonly copied: () => Promise<string>;
}

/**
 * The second phase: all faults end and everything settles, the programs are stopped, and the
 * data of each is read.
 */
export async function verifyFixture(
  fixture: FaultFixture,
  ledger: Ledger,
  { lost, clockSetMs, shared }: Circumstances = {},
): Promise<{ readonly commands: CommandJudgement; readonly readings: ReadingJudgement }> {
  await mend(fixture);
  const data = shared ?? dataOf(fixture.hub);
  const base = new BaseRecords(fixture.base.database);
  let hub: HubRecords | undefined;
  try {
    await patiently('every command has ended', async () => (await data.openCommands()) === 0);
    await Promise.all(fixture.units.map(({ process }) => process.stop()));
    await patiently('the outbox is empty', () => base.outbox() === 0);
    await fixture.base.program.stop();
    hub = new HubRecords(await data.copied());
    const executions = new Map(
      fixture.units.map(({ id, process }) => [id, executionsOf(process.output)]),
    );
    return {
      commands: checkCommands({
        entries: ledger.entries.filter((entry) => !isLost(lost, entry.acceptedAtMs)),
        commands: hub.commands(),
        journal: base.journal(),
        executions,
      }),
      readings: checkReadings({
        sent: sentReadings(fixture),
        stored: hub.readings('illuminance'),
        gaps: [...hub.declaredGaps(), ...lostGaps(fixture, lost)],
        clockSetMs,
      }),
    };
  } finally {
    hub?.close();
    base.close();
  }
}

function dataOf(hub: FaultHub): SharedData {
  return {
    openCommands: () => {
      const records = new HubRecords(hub.database);
      try {
        return Promise.resolve(records.openCommands());
      } finally {
        records.close();
      }
    },
    copied: async () => {
      await hub.program.stop();
      return hub.database;
    },
  };
}

/** Fair weather; whatever is down is started. */
async function mend(fixture: FaultFixture): Promise<void> {
  fixture.link.up();
  for (const { proxy, tap, process } of fixture.units) {
    tap.disarm();
    proxy.up();
    if (!process.isRunning) await process.start();
  }
  for (const { program } of [fixture.hub, fixture.base])
    if (!program.isRunning) await program.start();
  await baseOnline(fixture.api, fixture.baseId);
}

function isLost(lost: LostWithCopy | undefined, atMs: number | undefined): boolean {
  if (!lost || atMs === undefined) return false;
  return lost.fromMs <= atMs && atMs <= lost.toMs;
}

function lostGaps(fixture: FaultFixture, lost: LostWithCopy | undefined): DeclaredGap[] {
  if (!lost) return [];
  return sensorsOf(fixture).map(({ id: unitId }) => ({ unitId, ...lost, count: Infinity }));
}

function sentReadings(fixture: FaultFixture): SentReadings {
  return new Map(
    sensorsOf(fixture).flatMap(({ id, tap }) =>
      tap.sent
        .filter(({ pid }) => pid === ILLUMINANCE_PID)
        .map((reading) => {
          const sent = { unitId: id, measuredAtMs: tap.measuredAtMs(reading) };
          return [`${id} ${reading.bootId} ${reading.seq}`, sent] as const;
        }),
    ),
  );
}
