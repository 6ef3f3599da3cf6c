import { type CommandState, isFinal } from '#protocol/command/command-state.ts';
import type { CommandCounts } from '../verify/check-commands.ts';
import type { CommandDevice } from './command-device.ts';
import type { Requested } from './device-load.ts';

export interface StoredCommand {
  readonly state: CommandState;
  readonly code: string | null;
}

/** From the moment that the hub wrote it to when the device, on a busy machine, notes its time. */
const ON_THE_WAY_MS = 2_000;
const NOT_SENT: readonly CommandState[] = ['expired', 'cancelled', 'superseded', 'rejected'];

/** Compares what the hubs have with what the devices were sent, command by command. */
export function checkDeviceCommands(
  requested: readonly Requested[],
  stored: ReadonlyMap<string, StoredCommand>,
  devices: readonly CommandDevice[],
): { readonly counts: CommandCounts; readonly violations: readonly string[] } {
  const counts: CommandCounts = {
    ...{ accepted: 0, refused: 0, done: 0, doneTwice: 0, repeated: 0, outOfOrder: 0 },
    ...{ expired: 0, notDone: 0, unknown: 0, lost: 0, lies: 0 },
  };
  const violations: string[] = [];
  for (const one of requested) {
    const { id, verb, waited } = one;
    const device = devices[one.unit];
    const executions = device?.executions.get(id) ?? [];
    const row = stored.get(id);
    counts.refused += one.isRefused ? 1 : 0;
    const lie = (why: string): void => {
      counts.lies += 1;
      violations.push(`${verb} ${id} is ${row?.state ?? 'unknown to the hubs'}: ${why}`);
    };
    if (!row) {
      if (one.isAccepted) {
        counts.lost += 1;
        violations.push(`${verb} ${id} was accepted, and is not in the record`);
      }
      if (executions.length > 0) lie('it was sent');
      continue;
    }
    counts.accepted += 1;
    // A guess that a late answer may still end.
    if (!isFinal(row.state) && row.state !== 'timed_out') {
      counts.lost += 1;
      violations.push(`${verb} ${id} is ${row.state}, and has no end`);
    }
    const connections = new Set(executions.map(({ connection }) => connection));
    const isTwice =
      verb === 'invoke' ? executions.length > 1 : connections.size < executions.length;
    if (isTwice) {
      counts.doneTwice += 1;
      violations.push(`${verb} ${id} was sent ${executions.length} times`);
    }
    counts.done += executions.length > 0 ? 1 : 0;
    counts.repeated += !isTwice && executions.length > 1 ? 1 : 0;
    counts.expired += row.state === 'expired' ? 1 : 0;
    counts.notDone += NOT_SENT.includes(row.state) || row.state === 'failed' ? 1 : 0;
    counts.unknown += row.state === 'unknown' ? 1 : 0;
    const lateBy = Math.max(0, ...executions.map(({ atMs }) => atMs - one.expiresAtMs));
    if (lateBy > ON_THE_WAY_MS) lie(`it was sent ${lateBy} ms after its time`);
    const wasSent = executions.length > 0;
    if (NOT_SENT.includes(row.state) && wasSent) lie('it was sent');
    if (row.state === 'failed' && row.code === 'device_offline' && wasSent) lie('it was sent');
    if (row.state === 'failed' && row.code === 'unit_denied' && device?.refused.has(id) !== true)
      lie('the device did not refuse it');
    if (row.state === 'succeeded' && !wasSent) lie('the device never had it');
    if (waited !== undefined && isFinal(waited) && waited !== 'unknown' && waited !== row.state)
      lie(`whoever waited was answered ${waited}`);
  }
  return { counts, violations };
}
