import { z } from 'zod';
import { AffordanceName, Command, TraceStep } from '../command/command.ts';
import { EpochMs } from '../epoch-ms.ts';
import { BaseView } from '../http/bases.ts';
import { UnitView } from '../http/units.ts';
import { CommandId, Epoch, UnitId } from '../ids.ts';
import { Json } from '../json.ts';
import { RolloutView } from '../rollout/rollout.ts';
import { UpdateProgress } from '../update/update-state.ts';
import { Reading, ReadingGap } from '../reading.ts';
import { ResumeFailure } from '../site-cursor.ts';

/** Base -> hub: how far the transfer to a unit is, at most once a second. Best effort. */
export const UpdateTransfer = UpdateProgress.pick({
  updateId: true,
  unitId: true,
  doneBytes: true,
  totalBytes: true,
});
export type UpdateTransfer = z.infer<typeof UpdateTransfer>;

/** The parts of a delta, by name: current state, or measurements. Each may come twice. */
export const SiteParts = {
  'unit.changed': z.object({ unit: UnitView }),
  /** All values and desired values of a unit, of which nothing else has changed. */
  'unit.values': z.object({
    unitId: UnitId,
    reported: UnitView.shape.reported,
    desired: UnitView.shape.desired,
  }),
  'unit.removed': z.object({ unitId: UnitId }),
  'unit.event': z.object({
    unitId: UnitId,
    event: z.string(),
    data: Json.optional(),
    atMs: EpochMs,
  }),
  'base.changed': z.object({ base: BaseView }),
  'base.removed': z.object({ baseId: z.string() }),
  'command.changed': z.object({ command: Command, trace: z.array(TraceStep) }),
  /** The progress of a command that has not ended. */
  'command.progress': z.object({
    commandId: CommandId,
    state: z.enum(['received', 'running']),
    step: TraceStep,
  }),
  'readings.added': z.object({
    unitId: UnitId,
    readings: z.array(Reading),
    /** Properties whose newest reading here is the current value; the others came late. */
    inForce: z.array(AffordanceName),
  }),
  'readings.dropped': z.object({ unitId: UnitId, gap: ReadingGap }),
  'rollout.changed': z.object({ rollout: RolloutView }),
  /** How far the transfer to a unit is; its states come with `unit.changed`. */
  'update.progress': UpdateTransfer,
} as const;
export type SitePartName = keyof typeof SiteParts;
export type SitePartBody<N extends SitePartName> = z.infer<(typeof SiteParts)[N]>;

function part<N extends SitePartName>(name: N) {
  return z.object({ name: z.literal(name), body: SiteParts[name] });
}
export const SitePart = z.discriminatedUnion('name', [
  part('unit.changed'),
  part('unit.values'),
  part('unit.removed'),
  part('unit.event'),
  part('base.changed'),
  part('base.removed'),
  part('command.changed'),
  part('command.progress'),
  part('readings.added'),
  part('readings.dropped'),
  part('rollout.changed'),
  part('update.progress'),
]);
export type SitePart = z.infer<typeof SitePart>;

/**
 * Hub -> dashboard on a site channel: the changes of one commit, or live-only data. A
 * delta with a place takes a client at `after` to `rev`; a client before `after` has
 * missed something and resumes.
 */
export const SiteDelta = z.object({
  place: z
    .object({ epoch: Epoch, after: z.int().nonnegative(), rev: z.int().positive() })
    .optional(),
  /** The position of the site's readings that its readings bring it to. */
  readings: z.int().nonnegative().optional(),
  parts: z.array(SitePart),
});
export type SiteDelta = z.infer<typeof SiteDelta>;

export const SiteResumed = z.discriminatedUnion('recovered', [
  /** The state at `cursor` of everything that changed since. */
  z.object({ recovered: z.literal(true), parts: z.array(SitePart) }),
  /** Only a snapshot helps. */
  z.object({ recovered: z.literal(false), reason: ResumeFailure }),
]);
export type SiteResumed = z.infer<typeof SiteResumed>;
