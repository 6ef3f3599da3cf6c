import { until } from '#platform/testing/until.ts';
import type { Ledger } from '../load/ledger.ts';
import { baseOnline, type Rig, sensorsOf } from '../rig.ts';
import { BaseRecords } from './base-records.ts';
import { deedsOf } from './deeds.ts';
import { HubRecords } from './hub-records.ts';
import { type CommandJudgement, judgeCommands } from './judge-commands.ts';
import {
  type DeclaredGap,
  judgeReadings,
  type ReadingJudgement,
  type SentReadings,
} from './judge-readings.ts';

const REST_MS = 60_000;
/** Sensors measure their light with this one. */
const ILLUMINANCE_PID = 1;

/** Waits for a condition without failing: what is not at rest in time, is judged as it is. */
async function patiently(what: string, isSo: () => boolean, timeoutMs = REST_MS): Promise<void> {
  await until(what, isSo, timeoutMs).catch(() => undefined);
}

/** What the scenario knows that no party can. */
export interface Circumstances {
  readonly lost?: LostWithCopy;
  /** Whatever is stamped earlier comes of a clock that was not set. */
  readonly clockSetMs?: number;
}

/** What a hub that was put back from a copy cannot know: from the copy until it was put back. */
export interface LostWithCopy {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The second phase: everything is mended and comes to rest, the programs are
 * stopped, and every party is asked what it has.
 */
export async function verifyRig(
  rig: Rig,
  ledger: Ledger,
  { lost, clockSetMs }: Circumstances = {},
): Promise<{ readonly commands: CommandJudgement; readonly readings: ReadingJudgement }> {
  await mend(rig);
  const hub = new HubRecords(rig.hub.database);
  const base = new BaseRecords(rig.base.database);
  try {
    await patiently('every command has ended', () => hub.openCommands() === 0);
    await Promise.all(rig.units.map(({ process }) => process.stop()));
    await patiently('the outbox is empty', () => base.outbox() === 0);
    await rig.base.program.stop();
    await rig.hub.program.stop();
    const deeds = new Map(rig.units.map(({ id, process }) => [id, deedsOf(process.output)]));
    return {
      commands: judgeCommands({
        entries: ledger.entries.filter((entry) => !isLost(lost, entry.acceptedAtMs)),
        commands: hub.commands(),
        journal: base.journal(),
        deeds,
      }),
      readings: judgeReadings({
        sent: sentReadings(rig),
        stored: hub.readings('illuminance'),
        gaps: [...hub.declaredGaps(), ...lostGaps(rig, lost)],
        clockSetMs,
      }),
    };
  } finally {
    hub.close();
    base.close();
  }
}

/** Fair weather; whatever is down is started. */
export async function mend(rig: Rig): Promise<void> {
  rig.link.up();
  for (const { proxy, tap, process } of rig.units) {
    tap.disarm();
    proxy.up();
    if (!process.isRunning) await process.start();
  }
  for (const { program } of [rig.hub, rig.base]) if (!program.isRunning) await program.start();
  await baseOnline(rig.api, rig.baseId);
}

function isLost(lost: LostWithCopy | undefined, atMs: number | undefined): boolean {
  if (!lost || atMs === undefined) return false;
  return lost.fromMs <= atMs && atMs <= lost.toMs;
}

function lostGaps(rig: Rig, lost: LostWithCopy | undefined): DeclaredGap[] {
  if (!lost) return [];
  return sensorsOf(rig).map(({ id: unitId }) => ({ unitId, ...lost, count: Infinity }));
}

function sentReadings(rig: Rig): SentReadings {
  return new Map(
    sensorsOf(rig).flatMap(({ id, tap }) =>
      tap.sent
        .filter(({ pid }) => pid === ILLUMINANCE_PID)
        .map((reading) => {
          const sent = { unitId: id, measuredAtMs: tap.measuredAtMs(reading) };
          return [`${id} ${reading.bootId} ${reading.seq}`, sent] as const;
        }),
    ),
  );
}
