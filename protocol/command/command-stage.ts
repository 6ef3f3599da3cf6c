import { z } from 'zod';

/**
 * The stages of the command path (ARCHITECTURE.md), in order. The index is the number
 * shown in documents and in the trace on the screen. `out_of_band` is beside the path:
 * a cancel, an expiry. The last two take the place of the base's, for a device.
 */
export const COMMAND_STAGES = [
  'out_of_band',
  'dashboard_requested',
  'hub_received',
  'hub_stored',
  'hub_sent',
  'base_journalled',
  'base_routed',
  'base_dequeued',
  'base_written',
  'unit_received',
  'unit_replied',
  'base_matched',
  'base_recorded',
  'hub_verified',
  'hub_recorded',
  'dashboard_shown',
  'broker_written',
  'broker_acknowledged',
] as const;

export const CommandStage = z.enum(COMMAND_STAGES);
export type CommandStage = z.infer<typeof CommandStage>;

export const STAGE = {
  outOfBand: 'out_of_band',
  dashboardRequested: 'dashboard_requested',
  hubReceived: 'hub_received',
  hubStored: 'hub_stored',
  hubSent: 'hub_sent',
  baseJournalled: 'base_journalled',
  baseRouted: 'base_routed',
  baseDequeued: 'base_dequeued',
  baseWritten: 'base_written',
  unitReceived: 'unit_received',
  unitReplied: 'unit_replied',
  baseMatched: 'base_matched',
  baseRecorded: 'base_recorded',
  hubVerified: 'hub_verified',
  hubRecorded: 'hub_recorded',
  dashboardShown: 'dashboard_shown',
  brokerWritten: 'broker_written',
  brokerAcknowledged: 'broker_acknowledged',
} as const satisfies Readonly<Record<string, CommandStage>>;

export function stageNumber(stage: CommandStage): number {
  return COMMAND_STAGES.indexOf(stage);
}

/** Undefined for a number that no stage has. */
export function stageOfNumber(number: number): CommandStage | undefined {
  return COMMAND_STAGES[number];
}

/** Whether a stage is one of those from `first` to `last`, both included. */
export function isStageWithin(
  stage: CommandStage,
  first: CommandStage,
  last: CommandStage,
): boolean {
  const number = stageNumber(stage);
  return number >= stageNumber(first) && number <= stageNumber(last);
}

/**
 * A step in today's form. Bases of version 3 and older, and rows from that time, give
 * the number of the stage as `hop`.
 */
export function withNamedStage(step: unknown): unknown {
  if (typeof step !== 'object' || step === null || !('hop' in step)) return step;
  const { hop, ...rest } = step;
  return typeof hop === 'number' ? { stage: stageOfNumber(hop), ...rest } : step;
}
