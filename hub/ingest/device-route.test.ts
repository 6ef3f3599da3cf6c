import { vi } from 'vitest';
import { z } from 'zod';
import { DeviceMapping } from '#protocol/device/device-mapping.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { CommandOutcome } from '#protocol/command/command-state.ts';
import { DeviceRequest } from '#protocol/http/devices.ts';
import { CommandId, type DeviceId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { AppError } from '#protocol/errors.ts';
import type { Delivery } from '../domain/mqtt/delivery.ts';
import { QOS } from '../kernel/mqtt-message.ts';
import type { LiveSession } from '../domain/mqtt/live-session.ts';
import { itCarriesCommands, type RoutedUnit } from '../testing/command-route.contract.ts';
import { furnishFolder, ModelHub } from '../testing/model/model-hub.ts';
import { reportContext } from './command-ends.ts';
import { mappedUnitsOf } from '../store/mapped-units.ts';

const HUB = { account: 'test', actor: { kind: 'hub' } } as const;
const DIMMER = DeviceMapping.parse({
  model: 'Dimmer',
  properties: [
    {
      name: 'brightness',
      schema: { type: 'integer' },
      target: {
        topic: 'dim',
        form: { kind: 'json', pointer: '/value' },
        confirmation: 'response',
      },
    },
  ],
  actions: [],
  events: [],
});
const Payload = z.object({ id: CommandId, value: z.number() });

/** A device whose connection accepts what the test lets it. */
async function dimmer(): Promise<RoutedUnit> {
  const { folder, siteId } = await furnishFolder(temporaryFolder(atTestEnd));
  const hub = await ModelHub.open(folder);
  atTestEnd.add(() => hub.close());
  const { services } = hub;
  const register = async (name: string): Promise<DeviceId> => {
    const request = DeviceRequest.parse({ name, clientId: name, credential: { kind: 'password' } });
    return (await services.devices.register(siteId, request, HUB)).deviceId;
  };
  const addUnit = async (name: string) => {
    const deviceId = await register(name);
    const endpoint = { kind: 'mqtt_device', deviceId, mapping: DIMMER } as const;
    const { id } = await services.units.addDevice(siteId, { name, place: '', endpoint }, HUB);
    return { deviceId, unitId: id };
  };
  const { deviceId, unitId } = await addUnit('dimmer');
  let session: LiveSession | undefined;
  const given = new Map<CommandId, IssuedCommand>();
  let isOpen = false;

  const settle = async (): Promise<void> => {
    for (let round = 0; round < 6; round += 1) await hub.settle();
  };
  /** What waits in the queue of the connection, as the broker has put it there. */
  const note = ({ message }: Delivery): void => {
    const { id, value } = Payload.parse(JSON.parse(message.payload.toString()));
    const { expiresAtMs } = message;
    given.set(id, {
      ...{ id, unitId, verb: 'set', operation: 'writeproperty', affordance: 'brightness' },
      ...{ input: value, createdAt: toInstant(hub.clock.nowMs()) },
      expiresAt: expiresAtMs === null ? null : toInstant(expiresAtMs),
    });
  };

  return {
    ...{ hub, unitId, awayCode: 'device_offline' },
    arrive: async () => {
      const principal = { kind: 'device', siteId, deviceId, credentialIds: [] } as const;
      const started = await services.mqttSessions.start({
        name: { identity: `device:${deviceId}`, clientId: 'dimmer' },
        principal,
        grant: {
          locate: () => undefined,
          mayPublish: () => true,
          maySubscribe: () => true,
          mayReceive: () => true,
        },
        ...{ isCleanStart: true, expiryMs: 0, will: null, willDelayMs: 0, window: 20 },
        sink: { isReady: () => isOpen, publish: () => true, release: () => undefined },
        end: () => undefined,
      });
      session = started.session;
      const { queue } = session;
      const push = queue.push.bind(queue);
      vi.spyOn(queue, 'push').mockImplementation((delivery) => {
        note(delivery);
        push(delivery);
      });
      session.queue.resume();
      const subscription = {
        ...{ sessionKey: session.key, name: 'dim', site: siteId, topic: 'dimmer/dim' },
        ...{
          prefix: '',
          share: null,
          qos: QOS.atLeastOnce,
          noLocal: false,
          retainAsPublished: false,
          identifier: 0,
        },
      } as const;
      await services.mqttSubscriptions.subscribe(session, [
        { subscription, retainHandling: 'never' },
      ]);
      await settle();
    },
    leave: async () => {
      if (session)
        await services.mqttSessions.end(session, { expiryMs: 0, graceMs: 0, willDelayMs: null });
      session = undefined;
      await settle();
    },
    given: () => [...given.values()],
    begin: (id) => {
      if (!given.has(id)) throw new Error('it has no such command');
      isOpen = true;
      session?.queue.pump();
      isOpen = false;
    },
    report: async (id, ...outcomes) => {
      let refused = 0;
      for (const outcome of outcomes) refused += await finish(id, deviceId, outcome);
      await settle();
      return refused;
    },
    forge: async (id, outcome) => {
      const other = await addUnit('other');
      try {
        await finish(id, other.deviceId, outcome);
        return undefined;
      } catch (error) {
        return error instanceof AppError ? error.code : undefined;
      }
    },
    settle,
  };

  async function finish(id: CommandId, by: DeviceId, outcome: CommandOutcome): Promise<number> {
    const unit = (await mappedUnitsOf(hub.db, [by])).get(by);
    if (!unit) throw new Error('no unit');
    await services.unitOfWork.run(
      (work) =>
        services.telemetry.accept(
          { type: 'command.finished', data: { commandId: id, outcome, trace: [] } },
          reportContext(work, unit, { seq: 1, nowMs: hub.clock.nowMs() }),
        ),
      'test',
    );
    return 0;
  }
}

itCarriesCommands('the connection of a device', dimmer);
