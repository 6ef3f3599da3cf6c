import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { startMqttHub } from '../testing/raw-mqtt.ts';
import { SocketDevice } from '../testing/socket-device.ts';
import { passwordOf } from '../testing/device-site.ts';
import { ANSWER_MS } from './device-courier.ts';

const DIM = { verb: 'set', affordance: 'brightness', input: 40 } as const;
const ON = { verb: 'set', affordance: 'on', input: true } as const;
const RESTART = { verb: 'invoke', affordance: 'restart' } as const;

async function fixture(clock?: ManualClock) {
  const hub = await startMqttHub(clock ? { clock } : {});
  const device = await SocketDevice.add(hub);
  return { hub, device };
}

const idIn = ({ payload }: { readonly payload: string | Buffer }): string =>
  z.object({ id: z.string() }).parse(JSON.parse(payload.toString())).id;

describe('a command to a device', () => {
  it('is confirmed by its answer with correlation data (MQTT 5), with the stages of the broker', async () => {
    const { device } = await fixture();
    await device.connect({ version: 5 });
    const { id } = await device.issue(DIM);
    const { topic, payload, properties } = await device.command();
    expect([topic, JSON.parse(payload.toString())]).toEqual(['cmnd/DIMMER', { id, value: 40 }]);
    expect(properties?.responseTopic).toBe('cmnd/DIMMER/r');
    await device.publish('cmnd/DIMMER/r', '40', {
      properties: { correlationData: properties?.correlationData ?? Buffer.alloc(0) },
    });
    const { command, steps } = await device.inState(id, 'succeeded');
    expect(command.output).toBe(40);
    expect(steps.map(({ stage }) => stage)).toEqual([
      ...['hub_stored', 'hub_sent'],
      ...['broker_written', 'broker_acknowledged', 'unit_replied', 'hub_recorded'],
    ]);
    expect((await device.view()).reported['brightness']?.value).toBe(40);
    expect((await device.view()).desired).toEqual({});
  });

  it('is confirmed by an answer with its id (MQTT 3.1.1), or refused by it', async () => {
    const { device } = await fixture();
    await device.connect();
    const first = await device.issue(DIM);
    await device.publish('cmnd/DIMMER/r', `{"id": "${idIn(await device.command())}", "value": 40}`);
    await device.inState(first.id, 'succeeded');
    const second = await device.issue({ ...DIM, input: 50 });
    await device.command();
    await device.publish('cmnd/DIMMER/r', `{"id": "${second.id}", "error": "too hot"}`);
    const { command } = await device.inState(second.id, 'failed');
    expect(command.code).toBe('unit_denied');
  });

  it('is confirmed by the state that it reports, and not by another one', async () => {
    const { device } = await fixture();
    await device.connect();
    const { id } = await device.issue(ON);
    const { topic, payload } = await device.command();
    expect([topic, payload.toString()]).toEqual(['cmnd/POWER', 'ON']);
    await device.publish('stat/POWER', 'OFF');
    expect((await device.trace(id)).command.state).not.toBe('succeeded');
    await device.publish('stat/POWER', 'ON');
    const { command } = await device.inState(id, 'succeeded');
    expect(command.output).toBe(true);
  });

  it('is confirmed by PUBACK alone where nothing else can', async () => {
    const { device } = await fixture();
    await device.connect();
    const { id } = await device.issue(RESTART);
    expect((await device.command()).payload.toString()).toBe('1');
    await device.inState(id, 'succeeded');
  });

  it('is unconfirmed where nothing comes', async () => {
    const clock = new ManualClock(Date.now());
    const { device } = await fixture(clock);
    await device.connect();
    const { id } = await device.issue(ON);
    await device.command();
    await device.inState(id, 'running', () => clock.advance(1));
    clock.advance(ANSWER_MS);
    const { command } = await device.inState(id, 'unknown', () => clock.advance(1));
    expect(command.code).toBe('unconfirmed');
    expect((await device.view()).desired).toHaveProperty('on');
  });

  it('timed out, and its late answer still counts', async () => {
    const clock = new ManualClock(Date.now());
    const { device } = await fixture(clock);
    await device.connect();
    const { id } = await device.issue({ ...DIM, verb: 'enqueue', ttlMs: 5_000 });
    await device.command();
    clock.advance(10_000);
    await device.inState(id, 'timed_out', () => clock.advance(1));
    await device.publish('cmnd/DIMMER/r', `{"id": "${id}"}`);
    await device.inState(id, 'succeeded');
  });

  it('waits while the device is away, gives up what cannot wait, and has each once', async () => {
    const { device } = await fixture();
    const id = newId(CommandId);
    expect((await device.issue({ ...DIM, id })).state).toBe('queued');
    await device.issue({ ...DIM, id });
    expect(await device.issue(RESTART)).toMatchObject({ state: 'failed', code: 'device_offline' });
    await device.connect();
    expect(idIn(await device.command())).toBe(id);
    await device.publish('cmnd/DIMMER/r', `{"id": "${id}"}`);
    await device.inState(id, 'succeeded');
    expect(await device.unreadCommands()).toEqual([]);
  });

  it('expires while the device is away, and is never given to it', async () => {
    const clock = new ManualClock(Date.now());
    const { device } = await fixture(clock);
    const { id } = await device.issue({ ...DIM, verb: 'enqueue', ttlMs: 5_000 });
    clock.advance(5_000);
    await device.inState(id, 'expired', () => clock.advance(1));
    await device.connect();
    const later = await device.issue({ ...DIM, input: 1 });
    expect(idIn(await device.command())).toBe(later.id);
  });

  it('waits for the subscription, without which the device gets nothing', async () => {
    const { hub, device } = await fixture();
    await device.connect();
    device.socket.send({ cmd: 'unsubscribe', messageId: 5, unsubscriptions: ['cmnd/#'] });
    await device.socket.next('unsuback');
    const { id } = await device.issue(DIM);
    expect(await device.unreadCommands()).toEqual([]);
    device.socket.send({
      ...{ cmd: 'subscribe', messageId: 6 },
      subscriptions: [{ topic: 'cmnd/DIMMER', qos: 1 }],
    });
    await device.socket.next('suback');
    expect(idIn(await device.command())).toBe(id);
    await hub.hub.close();
  });

  it('is unknown when the connection ends after it was sent, unless it may be sent again', async () => {
    const { device } = await fixture();
    await device.connect();
    const invoked = await device.issue({ ...DIM, verb: 'invoke' });
    await device.socket.next('publish');
    const desired = await device.issue({ ...DIM, input: 30 });
    await device.socket.next('publish');
    device.leave();
    const { command } = await device.inState(invoked.id, 'unknown');
    expect(command.code).toBe('outcome_unknown');
    await device.inState(desired.id, 'queued');
    await device.connect();
    expect(idIn(await device.command())).toBe(desired.id);
    // What happened becomes known later.
    await device.publish('cmnd/DIMMER/r', `{"id": "${invoked.id}"}`);
    await device.inState(invoked.id, 'succeeded');
  });

  it('is given to the newer of two connections, and the older one brings no end of it', async () => {
    const { device } = await fixture();
    await device.connect({ clean: false });
    const { id } = await device.issue(DIM);
    await device.socket.next('publish');
    const older = device.socket;
    await device.connect({ clean: false });
    await older.closed();
    expect(idIn(await device.command())).toBe(id);
    await device.publish('cmnd/DIMMER/r', `{"id": "${id}"}`);
    await device.inState(id, 'succeeded');
  });

  it('is read by nobody else as a command, and answered by nobody else', async () => {
    const { hub, device } = await fixture();
    const other = await SocketDevice.add(hub, 'other');
    await device.connect();
    await other.connect();
    const { id } = await device.issue(DIM);
    await device.command();
    await other.publish('cmnd/DIMMER/r', `{"id": "${id}"}`);
    expect((await device.trace(id)).command.state).not.toBe('succeeded');
    expect(await other.unreadCommands()).toEqual([]);
  });

  it('that was sent once is called neither expired nor cancelled, nor superseded afterwards', async () => {
    const clock = new ManualClock(Date.now());
    const { hub, device } = await fixture(clock);
    await device.connect();
    const expiring = await device.issue({ ...DIM, verb: 'enqueue', ttlMs: 60_000 });
    const cancelled = await device.issue({ ...DIM, verb: 'enqueue' });
    const replaced = await device.issue(DIM);
    for (const { id } of [expiring, cancelled, replaced]) {
      expect(idIn(await device.socket.next('publish'))).toBe(id);
    }
    device.leave();
    for (const { id } of [expiring, cancelled, replaced]) await device.inState(id, 'queued');
    const path = `/api/commands/${cancelled.id}/cancel`;
    await hub.owner.client.done({ method: 'POST', path });
    await device.issue({ ...DIM, input: 50 });
    clock.advance(60_000);
    for (const { id } of [expiring, cancelled, replaced]) {
      const { command } = await device.inState(id, 'unknown', () => clock.advance(1));
      expect(command.code).toBe('outcome_unknown');
    }
    await device.connect();
    await device.command();
    expect(await device.unreadCommands()).toEqual([]);
  });

  it('goes to the connection that listens, and to no other one of the same device', async () => {
    const { hub, device } = await fixture();
    await device.connect();
    const listening = device.socket;
    const { clientId } = device.made.device;
    const secret = passwordOf(device.made);
    const beside = await hub.connected(secret, { clientId: '', username: clientId });
    const first = await device.issue(DIM);
    expect(idIn(await device.command())).toBe(first.id);
    beside.send({
      ...{ cmd: 'subscribe', messageId: 6 },
      subscriptions: [{ topic: 'cmnd/#', qos: 1 }],
    });
    await beside.next('suback');
    const second = await device.issue({ ...DIM, verb: 'invoke' });
    expect(idIn(await beside.next('publish'))).toBe(second.id);
    beside.socket.destroy();
    await device.inState(second.id, 'unknown');
    const third = await device.issue(RESTART);
    expect((await device.command()).topic).toBe('cmnd/Restart');
    await device.inState(third.id, 'succeeded');
    expect(await device.unreadCommands()).toEqual([]);
    expect(listening.isClosed).toBe(false);
  });

  it('is sent however many before it were never answered', async () => {
    const clock = new ManualClock(Date.now());
    const { device } = await fixture(clock);
    await device.connect();
    for (let batch = 0; batch < 3; batch += 1) {
      const request = { ...DIM, verb: 'invoke', ttlMs: 1_000 };
      const all = Array.from({ length: 40 }, () => device.issue(request));
      const [last] = (await Promise.all(all)).slice(-1);
      for (const _ of all) await device.command();
      clock.advance(10_000);
      if (last) await device.inState(last.id, 'timed_out', () => clock.advance(1));
    }
    const { id } = await device.issue({ ...DIM, verb: 'invoke' });
    expect(idIn(await device.command())).toBe(id);
  });

  it('is refused where the device has no message for it', async () => {
    const { hub, device } = await fixture();
    await device.connect();
    const answer = await hub.owner.client.call({
      path: `/api/units/${device.unitId}/commands`,
      body: { verb: 'invoke', affordance: 'temperature' },
    });
    expect(answer.body).toMatchObject({ code: 'operation_not_allowed' });
  });
});
