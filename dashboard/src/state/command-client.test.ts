import { afterEach, describe, expect, it } from 'vitest';
import type { Command } from '#protocol/command/command.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { CommandClient } from './command-client.ts';
import { SiteStore } from './site-store.ts';
import { DesiredValues } from './desired-values.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function arrange(refuseWith?: ErrorCode) {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar', 'offline');
  const unit = site.addUnit(base, {
    name: 'Lamp',
    place: '',
    thing: LAMP_THING,
    reported: { on: false, brightness: 10 },
  });
  const clock = new ManualClock();
  const requests: CommandRequest[] = [];
  let refusal = refuseWith;
  const store: SiteStore = new SiteStore({
    clock,
    onReport: (unitId, property, value) => desiredValues.noteReport(unitId, property, value),
    onCommand: (command) => desiredValues.noteCommand(command),
  });
  const desiredValues = new DesiredValues({
    clock,
    reportedOf: (unitId, property) => store.units.get(unitId)?.reported[property]?.value,
  });
  const commandClient = new CommandClient({
    clock,
    random: () => 1,
    store,
    desiredValues,
    issuedBy: 'Ada',
    api: {
      sendCommand: (_unitId, request) => {
        requests.push(request);
        return refusal
          ? Promise.reject(new AppError(refusal))
          : Promise.resolve(site.send(unit, request));
      },
      cancelCommand: (id) => Promise.resolve(site.cancel(id) ?? never()),
    },
  });
  closers.push(
    () => site.close(),
    () => commandClient.close(),
    () => desiredValues.close(),
  );
  store.applySnapshot(site.snapshot());
  return {
    site,
    unit,
    clock,
    store,
    desiredValues,
    commandClient,
    requests,
    accept: () => (refusal = undefined),
  };
}

function never(): never {
  throw new AppError('command_unknown');
}

const ended = (command: Command, state: Command['state'], code?: ErrorCode): Command => ({
  ...command,
  state,
  ...(code ? { code } : {}),
});

describe('CommandClient', () => {
  it('shows a desired value at once and sends it with its own id', async () => {
    const { unit, desiredValues, commandClient, requests, store } = arrange();
    commandClient.setProperty(unit, 'brightness', 80);
    const desired = desiredValues.at(unit.id, 'brightness').get();
    expect(desired).toMatchObject({ value: 80, phase: 'wanted' });
    expect(requests).toMatchObject([
      { id: desired?.commandId, verb: 'set', operation: 'writeproperty', affordance: 'brightness' },
    ]);
    await until(
      'the hub has accepted the command',
      () => store.commands.get(desired?.commandId ?? newId(CommandId))?.command.seq === 1,
    );
    expect(store.latestCommands.get(unit.id)).toBe(desired?.commandId);
  });

  it('thins out a drag, and the last value wins', async () => {
    const { unit, clock, desiredValues, commandClient, requests, store } = arrange();
    for (const value of [20, 30, 40, 50]) commandClient.setProperty(unit, 'brightness', value);
    expect(desiredValues.at(unit.id, 'brightness').get()?.value).toBe(50);
    await until(
      'the hub has accepted the command',
      () => store.commands.values()[0]?.command.seq === 1,
    );
    clock.advance(100);
    await until('2 requests were sent', () => requests.length === 2);
    expect(requests.map(({ input }) => input)).toEqual([20, 50]);
    expect(requests[1]?.id).toBe(desiredValues.at(unit.id, 'brightness').get()?.commandId);
  });

  it('springs back when the hub refuses', async () => {
    const { unit, desiredValues, commandClient } = arrange('queue_full');
    commandClient.setProperty(unit, 'on', true);
    await until(
      'the value was refused',
      () => desiredValues.at(unit.id, 'on').get()?.phase === 'refused',
    );
    expect(desiredValues.at(unit.id, 'on').get()?.code).toBe('queue_full');
  });

  it('gives the report three seconds after the unit said yes, then believes the report', async () => {
    const { unit, clock, desiredValues, commandClient, store } = arrange();
    commandClient.setProperty(unit, 'on', true);
    await until(
      'the hub has accepted the command',
      () => store.commands.values()[0]?.command.seq === 1,
    );
    const command = store.commands.values()[0]?.command ?? never();
    store.putCommand(ended(command, 'succeeded'), []);
    expect(desiredValues.at(unit.id, 'on').get()?.phase).toBe('settling');
    clock.advance(3_000);
    expect(desiredValues.at(unit.id, 'on').get()).toBeUndefined();
  });

  it('repeats under the same id what the hub never answered to', async () => {
    const { unit, clock, commandClient, requests, store, accept } = arrange('hub_unreachable');
    const order = { verb: 'invoke', operation: 'invokeaction', affordance: 'reset' } as const;
    const refused = expect(commandClient.send(unit.id, order)).rejects.toMatchObject({
      code: 'hub_unreachable',
    });
    // 0.5 s, 1 s, 2 s, 4 s; the next wait would end after the command's time to live.
    for (const [index, waitMs] of [500, 1_000, 2_000, 4_000].entries()) {
      await until('a timer is pending', () => clock.pendingTimers === 1);
      clock.advance(waitMs);
      await until('the request was sent again', () => requests.length === index + 2);
    }
    await refused;
    const lost = store.commands.values()[0]?.command ?? never();
    expect(lost.state).toBe('unknown');
    accept();
    await commandClient.retry(lost);
    expect(new Set(requests.map(({ id }) => id))).toEqual(new Set([lost.id]));
    expect(store.commands.get(lost.id)?.command.seq).toBe(1);
  });

  it('repeats as a new command what the hub had accepted', async () => {
    const { unit, commandClient, requests, store } = arrange();
    const order = { verb: 'invoke', operation: 'invokeaction', affordance: 'reset' } as const;
    const first = await commandClient.send(unit.id, order);
    await commandClient.retry(ended(first, 'failed', 'unit_timeout'));
    expect(new Set(requests.map(({ id }) => id)).size).toBe(2);
    expect(store.commands.keys.get()).toHaveLength(2);
  });

  it('offers a desired value again to a hub that is busy, and keeps showing it', async () => {
    const { unit, clock, desiredValues, commandClient, requests, store, accept } =
      arrange('overloaded');
    commandClient.setProperty(unit, 'on', true);
    await until('2 timers are pending', () => clock.pendingTimers === 2);
    expect(desiredValues.at(unit.id, 'on').get()?.phase).toBe('wanted');
    accept();
    clock.advance(500);
    const id = desiredValues.at(unit.id, 'on').get()?.commandId ?? newId(CommandId);
    await until(
      'the hub has accepted the command',
      () => store.commands.get(id)?.command.seq === 1,
    );
    expect(requests.map((request) => request.id)).toEqual([id, id]);
  });

  it('does not offer a value again that a newer one has replaced', async () => {
    const { unit, clock, commandClient, requests, accept } = arrange('overloaded');
    commandClient.setProperty(unit, 'brightness', 20);
    await until('2 timers are pending', () => clock.pendingTimers === 2);
    commandClient.setProperty(unit, 'brightness', 30);
    accept();
    clock.advance(500);
    await until('2 requests were sent', () => requests.length === 2);
    expect(requests.map(({ input }) => input)).toEqual([20, 30]);
  });

  it('stops offering when the page is left', async () => {
    const { unit, clock, commandClient } = arrange('overloaded');
    const order = { verb: 'invoke', operation: 'invokeaction', affordance: 'reset' } as const;
    const refused = expect(commandClient.send(unit.id, order)).rejects.toMatchObject({
      code: 'overloaded',
    });
    await until('a timer is pending', () => clock.pendingTimers === 1);
    commandClient.close();
    await refused;
    expect(clock.pendingTimers).toBe(0);
  });

  it('cancels a desired value without a note to the one who cancelled it', async () => {
    const { unit, desiredValues, commandClient, store } = arrange();
    commandClient.setProperty(unit, 'on', true);
    await until(
      'the hub has accepted the command',
      () => store.commands.values()[0]?.command.seq === 1,
    );
    const { id } = store.commands.values()[0]?.command ?? never();
    await commandClient.cancel(id);
    expect(desiredValues.at(unit.id, 'on').get()).toBeUndefined();
    expect(store.commands.get(id)?.command.state).toBe('cancelled');
  });

  it('cancels a waiting command', async () => {
    const { unit, commandClient, store } = arrange();
    const order = { verb: 'enqueue', operation: 'invokeaction', affordance: 'reset' } as const;
    const { id } = await commandClient.send(unit.id, order);
    await commandClient.cancel(id);
    expect(store.commands.get(id)?.command.state).toBe('cancelled');
  });
});
