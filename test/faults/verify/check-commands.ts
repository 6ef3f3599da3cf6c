import { type CommandState, isFinal } from '#protocol/command/command-state.ts';
import type { LedgerEntry, Token } from '../load/ledger.ts';
import type { Execution } from './executions.ts';
import type { CommandRecord } from './hub-records.ts';

/** What hub, base and unit report of the same commands, after everything has settled. */
export interface CommandEvidence {
  readonly entries: readonly LedgerEntry[];
  /** The hub's. */
  readonly commands: ReadonlyMap<string, CommandRecord>;
  /** The base's: outcome by command. */
  readonly journal: ReadonlyMap<string, string | undefined>;
  /** The units', by unit. */
  readonly executions: ReadonlyMap<string, ReadonlyMap<Token, Execution>>;
}

export interface CommandCounts {
  accepted: number;
  refused: number;
  done: number;
  doneTwice: number;
  /** Harmless ones that were run again, and then overwritten by what came after them, as before. */
  repeated: number;
  /** Executed after a later command: an older value in place of a newer one. */
  outOfOrder: number;
  expired: number;
  /** Failed, rejected, cancelled or superseded, and not done. */
  notDone: number;
  /** Reported as unknown, while the unit knows: executed, or not. */
  unknown: number;
  lost: number;
  /** The hub and the unit disagree. */
  lies: number;
}

export interface CommandJudgement {
  readonly counts: CommandCounts;
  /** How they ended, most frequent first, in one sentence. */
  readonly ends: string;
  /** What must not be, in sentences. */
  readonly violations: readonly string[];
}

const DID_NOT_HAPPEN: readonly CommandState[] = [
  'failed',
  'rejected',
  'expired',
  'cancelled',
  'superseded',
];

/** Compares the three, command by command. */
export function checkCommands(evidence: CommandEvidence): CommandJudgement {
  const counts: CommandCounts = {
    accepted: 0,
    refused: 0,
    done: 0,
    doneTwice: 0,
    repeated: 0,
    outOfOrder: 0,
    expired: 0,
    notDone: 0,
    unknown: 0,
    lost: 0,
    lies: 0,
  };
  const violations: string[] = [];
  for (const entry of evidence.entries) {
    violations.push(...checkOne(entry, evidence, counts).map((sentence) => say(entry, sentence)));
  }
  violations.push(...checkOrder(evidence, counts));
  return { counts, ends: endsOf(evidence), violations };
}

function endsOf({ entries, commands }: CommandEvidence): string {
  const times = new Map<string, number>();
  for (const { id, answer, code } of entries) {
    const record = commands.get(id);
    const end = record ? `${record.state} ${record.code ?? ''}` : `${answer} ${code ?? ''}`;
    times.set(end.trim(), (times.get(end.trim()) ?? 0) + 1);
  }
  const sorted = [...times].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([end, count]) => `${count} ${end}`).join(', ');
}

function say({ id, verb, token, unitId }: LedgerEntry, sentence: string): string {
  return `${verb} ${token} (${id}, unit ${unitId}) ${sentence}`;
}

function checkOne(entry: LedgerEntry, evidence: CommandEvidence, counts: CommandCounts): string[] {
  const record = evidence.commands.get(entry.id);
  const execution = evidence.executions.get(entry.unitId)?.get(entry.token);
  if (entry.answer === 'refused') {
    counts.refused += 1;
    return execution === undefined ? [] : ['was refused, and the unit has done it'];
  }
  if (record === undefined) {
    if (execution !== undefined) return ['is not known to the hub, and the unit has done it'];
    if (entry.answer !== 'accepted') return [];
    counts.accepted += 1;
    counts.lost += 1;
    return ['was accepted, and the hub does not know it'];
  }
  counts.accepted += 1;
  const found = countExecution(entry, execution, counts);
  return [
    ...found,
    ...checkState(entry, { record, isDone: execution !== undefined, evidence }, counts),
  ];
}

function countExecution(
  { execution: kind }: LedgerEntry,
  execution: Execution | undefined,
  counts: CommandCounts,
): string[] {
  if (execution === undefined) return [];
  counts.done += 1;
  if (execution.times === 1) return [];
  if (kind === 'colour') {
    counts.repeated += 1;
    return [];
  }
  counts.doneTwice += 1;
  return [`was done ${execution.times} times`];
}

/** The last word at each unit is in the order of the log, for each kind of execution. */
function checkOrder(evidence: CommandEvidence, counts: CommandCounts): string[] {
  const violations: string[] = [];
  for (const [unitId, executions] of evidence.executions) {
    for (const kind of ['colour', 'uart'] as const) {
      const done = evidence.entries
        .filter((entry) => entry.unitId === unitId && entry.execution === kind)
        .flatMap((entry) => {
          const seq = evidence.commands.get(entry.id)?.seq;
          const execution = executions.get(entry.token);
          return seq && execution ? [{ entry, seq, place: execution.lastPlace }] : [];
        })
        .toSorted((a, b) => b.seq - a.seq);
      let earliestLater: (typeof done)[number] | undefined;
      for (const one of done) {
        if (earliestLater && one.place > earliestLater.place) {
          counts.outOfOrder += 1;
          violations.push(
            say(
              one.entry,
              `was done after ${earliestLater.entry.token}, which was requested later`,
            ),
          );
        } else {
          earliestLater = one;
        }
      }
    }
  }
  return violations;
}

function checkState(
  { id }: LedgerEntry,
  found: {
    readonly record: CommandRecord;
    readonly isDone: boolean;
    readonly evidence: CommandEvidence;
  },
  counts: CommandCounts,
): string[] {
  const { record, isDone, evidence } = found;
  const { state, code } = record;
  if (state === 'succeeded') {
    if (isDone) return [];
    counts.lies += 1;
    return ['succeeded at the hub, and the unit has not done it'];
  }
  if (DID_NOT_HAPPEN.includes(state)) {
    if (isDone) {
      counts.lies += 1;
      return [`is ${state} (${code ?? ''}) at the hub, and the unit has done it`];
    }
    if (state === 'expired') counts.expired += 1;
    else counts.notDone += 1;
    return [];
  }
  if (state === 'unknown' || (state === 'timed_out' && !evidence.journal.get(id))) {
    counts.unknown += 1;
    return [];
  }
  counts.lost += 1;
  const atBase = evidence.journal.has(id) ? (evidence.journal.get(id) ?? 'not ended') : 'not there';
  const kind = isFinal(state) ? 'final' : 'not final';
  return [`stayed ${state} (${kind}) at the hub; at the base it is ${atBase}`];
}
