import { sql } from 'kysely';
import type { CommandId, DeviceId, HubId } from '#protocol/ids.ts';
import { type CommandRecord, commandOf } from './command-record.ts';
import type { SessionPlace } from './mqtt-sessions.ts';
import type { Db, Tx } from './schema.ts';

/** The connection of a device that a command was given to, at the hub that has it. */
export interface GivenTo extends SessionPlace {
  readonly hubId: HubId;
}

/** A command that is not over, and where it is. */
export interface DeviceCommand {
  readonly command: CommandRecord;
  readonly deviceId: DeviceId;
  /** Undefined: it waits. */
  readonly givenTo: GivenTo | undefined;
  readonly isRecalled: boolean;
}

export async function insertDeviceCommand(
  tx: Tx,
  one: {
    readonly commandId: CommandId;
    readonly unitKey: number;
    readonly deviceId: DeviceId;
    readonly givenTo: GivenTo | undefined;
  },
): Promise<void> {
  await tx
    .insertInto('device_commands')
    .values({
      ...{ command_id: one.commandId, unit_key: one.unitKey, device_id: one.deviceId },
      ...placeColumns(one.givenTo),
      is_recalled: 0,
    })
    .execute();
}

/** What waits for a unit waits for another device. */
export async function moveWaitingCommands(tx: Tx, unitKey: number, to: DeviceId): Promise<void> {
  await tx
    .updateTable('device_commands')
    .set({ device_id: to })
    .where('unit_key', '=', unitKey)
    .where('hub_id', 'is', null)
    .execute();
}

/** Where the device is connected now. */
export async function connectionOf(db: Db, id: DeviceId): Promise<GivenTo | undefined> {
  const row = await db
    .selectFrom('mqtt_sessions')
    .select(['key', 'generation', 'hub_id'])
    .where('identity', '=', `device:${id}`)
    .where('hub_id', 'is not', null)
    // Of several sessions of one device the newest.
    .orderBy('key', 'desc')
    .executeTakeFirst();
  if (!row || row.hub_id === null) return undefined;
  return { key: row.key, generation: row.generation, hubId: row.hub_id };
}

/** Those of a device, in their order; without those that are over, which are removed. */
export async function commandsOfDevice(
  tx: Tx,
  id: DeviceId,
  limit: number,
): Promise<DeviceCommand[]> {
  await tx
    .deleteFrom('device_commands')
    .where('device_id', '=', id)
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('commands')
            .select('id')
            .whereRef('commands.id', '=', 'device_commands.command_id')
            .where('ended_at', 'is', null),
        ),
      ),
    )
    .execute();
  return await openDeviceCommands(tx, id, limit);
}

/** The same, for reading. */
export async function openDeviceCommands(
  db: Db,
  id: DeviceId,
  limit: number,
): Promise<DeviceCommand[]> {
  const rows = await db
    .selectFrom('device_commands')
    .innerJoin('commands', 'commands.id', 'device_commands.command_id')
    .selectAll('commands')
    .select(['device_id', 'hub_id', 'session_key', 'generation', 'is_recalled'])
    .where('device_id', '=', id)
    .where('ended_at', 'is', null)
    // What waits for a late answer is in nobody's way.
    .orderBy(sql`case when commands.state = 'timed_out' then 1 else 0 end`)
    .orderBy('key')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    command: commandOf(row),
    deviceId: row.device_id,
    givenTo:
      row.hub_id === null || row.session_key === null || row.generation === null
        ? undefined
        : { hubId: row.hub_id, key: row.session_key, generation: row.generation },
    isRecalled: row.is_recalled === 1,
  }));
}

/** It is given to a connection, or waits again. */
export async function placeDeviceCommand(
  tx: Tx,
  id: CommandId,
  givenTo: GivenTo | undefined,
): Promise<void> {
  await tx
    .updateTable('device_commands')
    .set(placeColumns(givenTo))
    .where('command_id', '=', id)
    .execute();
}

export async function recallDeviceCommand(tx: Tx, id: CommandId): Promise<void> {
  await tx
    .updateTable('device_commands')
    .set({ is_recalled: 1 })
    .where('command_id', '=', id)
    .execute();
}

export async function removeDeviceCommand(tx: Tx, id: CommandId): Promise<void> {
  await tx.deleteFrom('device_commands').where('command_id', '=', id).execute();
}

/** Devices with commands that were given to hubs which are not on record any more. */
export async function devicesOfLostHubs(db: Db, limit: number): Promise<DeviceId[]> {
  const rows = await db
    .selectFrom('device_commands')
    .select('device_id')
    .distinct()
    .where('hub_id', 'is not', null)
    .where((row) => row('hub_id', 'not in', row.selectFrom('hubs').select('hubs.id')))
    .orderBy('device_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.device_id);
}

/** Devices that this hub has to look after: something waits, or was given to it. */
export async function devicesWithCommands(db: Db, ids: readonly DeviceId[]): Promise<DeviceId[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('device_commands')
    .select('device_id')
    .distinct()
    .where('device_id', 'in', ids)
    .execute();
  return rows.map((row) => row.device_id);
}

/** Devices with commands that this hub was given, whether they are connected or not. */
export async function devicesGivenTo(db: Db, hubId: HubId): Promise<DeviceId[]> {
  const rows = await db
    .selectFrom('device_commands')
    .select('device_id')
    .distinct()
    .where('hub_id', '=', hubId)
    .execute();
  return rows.map((row) => row.device_id);
}

function placeColumns(givenTo: GivenTo | undefined) {
  return {
    hub_id: givenTo?.hubId ?? null,
    session_key: givenTo?.key ?? null,
    generation: givenTo?.generation ?? null,
  };
}
