import { commandMessage } from '#protocol/device/mapped-command.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { MqttDeviceEndpoint } from '#protocol/unit-endpoint.ts';
import type { AcceptedCommand, CommandRoute } from '../../kernel/command-route.ts';
import {
  connectionOf,
  insertDeviceCommand,
  recallDeviceCommand,
} from '../../store/device-commands.ts';
import { mappingOf } from '../../store/mapped-units.ts';
import type { Work } from '../../store/unit-of-work.ts';
import { findPlainUnit } from '../../store/units.ts';

/**
 * To devices: by rows that the hub which has the device's connection publishes from. A device
 * that is connected may have the command from the commit on; for another one it waits.
 */
export class DeviceRoute implements CommandRoute<Work, MqttDeviceEndpoint> {
  async whyNotNow({ tx }: Work, { deviceId }: MqttDeviceEndpoint): Promise<ErrorCode | undefined> {
    return (await connectionOf(tx, deviceId)) ? undefined : 'device_offline';
  }

  async accept(
    work: Work,
    { deviceId }: MqttDeviceEndpoint,
    command: IssuedCommand,
  ): Promise<AcceptedCommand> {
    const { tx } = work;
    const unit = await findPlainUnit(tx, command.unitId);
    const mapping = unit && (await mappingOf(tx, unit.key));
    if (!unit || !mapping) throw new AppError('unit_undescribed');
    if (!commandMessage(mapping, command)) {
      const reason = 'the device has no message for this: it reports its values by itself';
      throw new AppError('operation_not_allowed', { details: { reason } });
    }
    const givenTo = await connectionOf(tx, deviceId);
    await insertDeviceCommand(tx, { commandId: command.id, unitKey: unit.key, deviceId, givenTo });
    work.wakeDevice(deviceId);
    return { seq: null, maySend: givenTo !== undefined };
  }

  async recall(work: Work, { deviceId }: MqttDeviceEndpoint, id: CommandId): Promise<void> {
    await recallDeviceCommand(work.tx, id);
    work.wakeDevice(deviceId);
  }
}
