import { isFinal } from '#protocol/command/command-state.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { fromInstant } from '#protocol/json.ts';
import { spanText } from '../format/time-text.ts';
import type { CommandRecord } from './command-record.ts';

/** The programs a command passes through. */
export type Stretch = 'page' | 'hub' | 'base' | 'unit' | 'back';

export const STRETCH_NAMES: Readonly<Record<Stretch, string>> = {
  page: 'This page',
  hub: 'Hub',
  base: 'Base',
  unit: 'Unit',
  back: 'Reply',
};

interface HopText {
  readonly stretch: Stretch;
  /** Said of a hop that was passed. */
  readonly passed: string;
}

/** The straight way, hop by hop (ARCHITECTURE.md). 0 stands beside the way. */
const HOPS: Readonly<Record<number, HopText>> = {
  0: { stretch: 'hub', passed: 'Ended by the hub' },
  1: { stretch: 'page', passed: 'Created on this page and sent' },
  2: { stretch: 'hub', passed: 'Arrived at the hub and checked' },
  3: { stretch: 'hub', passed: 'Stored by the hub' },
  4: { stretch: 'hub', passed: 'Sent to the base' },
  5: { stretch: 'base', passed: 'In the journal of the base' },
  6: { stretch: 'base', passed: 'Routed to the unit' },
  7: { stretch: 'base', passed: 'Dequeued for the unit' },
  8: { stretch: 'unit', passed: 'Written to the unit' },
  9: { stretch: 'unit', passed: 'Executed by the unit' },
  10: { stretch: 'unit', passed: 'Answered by the unit' },
  11: { stretch: 'back', passed: 'Answer matched by the base' },
  12: { stretch: 'back', passed: 'Result on its way to the hub' },
  13: { stretch: 'back', passed: 'Result verified by the hub' },
  14: { stretch: 'back', passed: 'Result stored and published' },
  15: { stretch: 'back', passed: 'Shown on this page' },
};

/** The last hop of the straight way. */
const LAST_HOP = 15;

export interface Station {
  readonly hop: number;
  readonly name: string;
  readonly stretch: Stretch;
  readonly atMs: number;
  /** Since the station before. */
  readonly deltaMs: number | undefined;
  readonly code: ErrorCode | undefined;
  readonly note: string | undefined;
  /** Why its time cannot be taken at its word. */
  readonly doubt: string | undefined;
}

export interface CommandRoute {
  readonly stations: readonly Station[];
  /** What the command waits for now; undefined when it has ended. */
  readonly awaiting: { readonly hop: number; readonly name: string } | undefined;
  readonly totalMs: number;
  /** How long it was with each program. */
  readonly stretches: readonly { readonly stretch: Stretch; readonly ms: number }[];
}

const AWAITING: Readonly<Record<number, string>> = {
  2: 'Waiting for the hub to answer',
  3: 'Waiting for the hub to store it',
  4: 'Waiting for the base to come online',
  5: 'Waiting for the base to confirm it',
  6: 'Waiting for the base to route it',
  7: 'Waiting for the unit’s turn',
  8: 'Waiting for the connection to the unit',
  9: 'Waiting for the unit to answer',
};

/** The way of a command as a line of stations: those it has passed, and the one it waits for. */
export function routeOf({ command, steps }: CommandRecord): CommandRoute {
  const stations = steps.map((step, index) => stationOf(step, steps[index - 1]));
  const first = stations[0];
  const last = stations.at(-1);
  const over = isFinal(command.state);
  const nextHop = Math.min(LAST_HOP, (last?.hop ?? 1) + 1);
  const totals = new Map<Stretch, number>();
  for (const [index, station] of stations.entries()) {
    const after = stations[index + 1];
    if (!after) break;
    const ms = Math.max(0, after.atMs - station.atMs);
    totals.set(station.stretch, (totals.get(station.stretch) ?? 0) + ms);
  }
  return {
    stations,
    awaiting: over
      ? undefined
      : { hop: nextHop, name: AWAITING[nextHop] ?? 'Waiting for the result' },
    totalMs: first && last ? Math.max(0, last.atMs - first.atMs) : 0,
    stretches: [...totals].map(([stretch, ms]) => ({ stretch, ms })),
  };
}

function stationOf(step: TraceStep, before: TraceStep | undefined): Station {
  const text = HOPS[step.hop] ?? { stretch: 'hub', passed: `Hop ${step.hop}` };
  const atMs = fromInstant(step.at);
  const deltaMs = before === undefined ? undefined : atMs - fromInstant(before.at);
  return {
    hop: step.hop,
    name: text.passed,
    stretch: text.stretch,
    atMs,
    deltaMs,
    code: step.code,
    note: step.note,
    doubt: doubtOf(step, deltaMs),
  };
}

function doubtOf(step: TraceStep, deltaMs: number | undefined): string | undefined {
  if (step.uncorrected) {
    return 'By the clock of the base alone: it had not been compared with the hub’s.';
  }
  if (deltaMs === undefined || deltaMs >= 0) return undefined;
  return `It came after the station before, so one of the two clocks is off by ${spanText(-deltaMs)} or more.`;
}
