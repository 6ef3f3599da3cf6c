import { STAGE } from '#protocol/command/command-stage.ts';
import { isFinal, mayBecome } from '#protocol/command/command-state.ts';
import type { Command, TraceStep } from '#protocol/command/command.ts';
import { toInstant } from '#protocol/json.ts';

/** A command and the stages it has passed. */
export interface CommandRecord {
  readonly command: Command;
  readonly steps: readonly TraceStep[];
}

/** Stages that only this page knows: it created the command, and showed its end. */
const { dashboardRequested, dashboardShown, outOfBand } = STAGE;

/**
 * A record with news from the hub. Steps are kept from both sides: the hub
 * does not know when this page created the command or saw its end. News that
 * is older than what is known (an answer overtaken by a delta) changes nothing.
 */
export function withNews(
  known: CommandRecord | undefined,
  { command, steps }: CommandRecord,
  seenAtMs: number | undefined,
): CommandRecord {
  if (!known) return { command, steps };
  const { state } = known.command;
  const isNews = state === command.state || mayBecome(state, command.state);
  const latest = isNews ? command : known.command;
  const theirs = steps.length >= hubSteps(known).length ? steps : hubSteps(known);
  const ours = known.steps
    .filter(isOurs)
    .filter((step) => !theirs.some((s) => s.stage === step.stage));
  const merged = [...theirs, ...ours];
  const madeHere = merged.some((step) => step.stage === dashboardRequested);
  if (
    madeHere &&
    seenAtMs !== undefined &&
    isFinal(latest.state) &&
    !merged.some((step) => step.stage === dashboardShown)
  ) {
    merged.push({ stage: dashboardShown, at: toInstant(seenAtMs) });
  }
  return { command: latest, steps: inOrder(merged) };
}

function hubSteps(record: CommandRecord): readonly TraceStep[] {
  return record.steps.filter((step) => !isOurs(step));
}

function isOurs(step: TraceStep): boolean {
  return step.stage === dashboardRequested || step.stage === dashboardShown;
}

/**
 * In path order: the hub keeps that order, whatever the clocks say. Our own steps are
 * the first and the last; an out-of-band step is placed by its time.
 */
function inOrder(steps: readonly TraceStep[]): TraceStep[] {
  const ordered = [
    ...steps.filter(({ stage }) => stage === dashboardRequested),
    ...steps.filter((step) => !isOurs(step) && step.stage !== outOfBand),
  ];
  for (const step of steps.filter(({ stage }) => stage === outOfBand)) {
    const before = ordered.findLastIndex(({ at }) => at <= step.at);
    ordered.splice(before + 1, 0, step);
  }
  return [...ordered, ...steps.filter(({ stage }) => stage === dashboardShown)];
}
