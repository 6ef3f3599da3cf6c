import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { BaseId, CommandId, RolloutId, UnitId } from '#protocol/ids.ts';

/** What the events of one site are about; followers read the current state of these. */
export interface ChangedThings {
  /** More of them than their values. */
  readonly units: ReadonlySet<UnitId>;
  /** Their reported and desired values. */
  readonly values: ReadonlySet<UnitId>;
  readonly removedUnits: ReadonlySet<UnitId>;
  readonly bases: ReadonlySet<BaseId>;
  readonly removedBases: ReadonlySet<BaseId>;
  readonly commands: ReadonlySet<CommandId>;
  readonly rollouts: ReadonlySet<RolloutId>;
}

export function changedThings(events: readonly SiteEvent[]): ChangedThings {
  const units = new Set<UnitId>();
  const values = new Set<UnitId>();
  const removedUnits = new Set<UnitId>();
  const bases = new Set<BaseId>();
  const removedBases = new Set<BaseId>();
  const commands = new Set<CommandId>();
  const rollouts = new Set<RolloutId>();
  for (const event of events) {
    switch (event.type) {
      case 'unit.added':
      case 'unit.changed':
      case 'unit.presence_changed':
        units.add(event.data.unitId);
        break;
      case 'unit.update_changed':
        units.add(event.data.unitId);
        rollouts.add(event.data.rolloutId);
        break;
      case 'unit.removed':
        removedUnits.add(event.data.unitId);
        break;
      case 'property.changed':
        values.add(event.data.unitId);
        break;
      case 'command.issued':
      case 'command.ended':
        commands.add(event.data.commandId);
        values.add(event.data.unitId);
        break;
      case 'base.added':
      case 'base.changed':
      case 'base.presence_changed':
        bases.add(event.data.baseId);
        break;
      case 'base.removed':
        removedBases.add(event.data.baseId);
        break;
      case 'rollout.changed':
        rollouts.add(event.data.rolloutId);
        break;
      case 'unit.event':
      case 'readings.gap_declared':
      case 'site.added':
      case 'site.changed':
      case 'site.retention_changed':
      case 'member.invited':
      case 'member.added':
      case 'member.changed':
      case 'member.removed':
      case 'claim_code.created':
      case 'device.added':
      case 'device.changed':
      case 'device.removed':
      case 'device.credential_added':
      case 'device.credential_removed':
      case 'webhook.added':
      case 'webhook.changed':
      case 'webhook.disabled':
      case 'webhook.removed':
      case 'firmware.added':
      case 'firmware.removed':
      case 'firmware.trust_changed':
        break;
      default:
        event satisfies never;
    }
  }
  for (const id of removedUnits) units.delete(id);
  for (const id of removedBases) bases.delete(id);
  for (const id of [...units, ...removedUnits]) values.delete(id);
  return { units, values, removedUnits, bases, removedBases, commands, rollouts };
}
