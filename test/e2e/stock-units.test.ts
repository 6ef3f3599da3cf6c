import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Command } from '#protocol/command/command.ts';
import type { Json } from '#protocol/json.ts';
import { SessionView } from '#protocol/http/accounts.ts';
import { LibpyiotcloudClient } from '../../hub/testing/libpyiotcloud-client.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

const system = sharedSystem({
  units: ['thermometer', 'relay', 'button'],
  implementation: 'firmware',
  unitArgs: { relay: ['--base-lost-after-ms', '1500', '--max-on-ms', '60000'] },
});

/** What the hub shows of a property of the relay, once it is that. */
function relayReports(property: string, value: unknown): Promise<boolean> {
  return until(`the relay reports ${property} ${String(value)}`, async () => {
    const { reported } = await system().unit('relay').view();
    return reported[property]?.value === value;
  });
}

/** Has the button's board do something, and waits for its answer. */
async function invoke(affordance: string, input: Json): Promise<Command> {
  const order = { verb: 'invoke', operation: 'invokeaction', affordance, input } as const;
  return (await system().unit('button').command(order, { wait: 5 })).command;
}

describe.skipIf(!firmwareIsBuilt())('stock units (on the C++ units: npm run build)', () => {
  it('a thermometer streams what its sensor measures', async () => {
    const { id } = system().unit('thermometer');
    const socket = await system().watch();
    const { readings } = await socket.delta('readings.added', ({ unitId }) => unitId === id);
    expect(readings[0]?.value).toBeTypeOf('number');
    const { reported, description } = await system().unit('thermometer').view();
    expect(description?.properties.temperature).toMatchObject({ unit: 'Cel', type: 'number' });
    expect(reported.temperature?.value).toBeGreaterThan(15);
    expect(reported.humidity?.value).toBeLessThan(60);
  });

  it.each([
    ['press', 'press'],
    ['double', 'doublePress'],
    ['long', 'longPress'],
  ])('a button reports a %s as it happens', async (word, event) => {
    const button = system().unit('button');
    const socket = await system().watch();
    button.process.type(word);
    const reported = await socket.delta('unit.event', ({ unitId }) => unitId === button.id);
    expect(reported).toMatchObject({ event });
    expect(reported.data).toBeUndefined();
    expect(Math.abs(reported.atMs - Date.now())).toBeLessThan(10_000);
  });

  it('a relay switches, and goes off at the end of a pulse', async () => {
    const relay = system().unit('relay');
    const { command } = await relay.command(
      { verb: 'invoke', affordance: 'on', input: true },
      { wait: 5 },
    );
    expect(command).toMatchObject({ state: 'succeeded', output: true });
    await relayReports('on', true);
    const pulse = await relay.command(
      {
        verb: 'invoke',
        operation: 'invokeaction',
        affordance: 'pulse',
        input: { duration: 100 },
      },
      { wait: 5 },
    );
    expect(pulse.command.state).toBe('succeeded');
    await relayReports('on', false);
    await relayReports('changedBy', 'pulse end');
  });

  it('a pin is pulsed, and the unit reports its end', async () => {
    const button = system().unit('button');
    const socket = await system().watch();
    const pulse = { pin: 5, level: 1, duration: 300 };
    expect(await invoke('gpioPulse', pulse)).toMatchObject({ code: 'unit_denied' });
    await invoke('gpioWrite', { pin: 5, level: 0 });
    expect((await invoke('gpioPulse', pulse)).state).toBe('succeeded');
    const reported = await socket.delta('unit.event', ({ event }) => event === 'gpioPulsed');
    expect(reported).toMatchObject({ unitId: button.id, data: 5 });
    expect((await invoke('gpioRead', { pin: 5 })).output).toEqual({ level: 0 });
  });

  it('a UART is set up, sends, and says how far it is', async () => {
    const button = system().unit('button');
    const socket = await system().watch();
    expect((await invoke('uartOpen', { baud: 9600, frame: '7E2' })).output).toEqual({
      credit: 256,
    });
    const sent = await invoke('uartWrite', { data: 'aGk=' });
    expect(sent.output).toMatchObject({ written: 2, flush: 'confirmed' });
    const reported = await socket.delta('unit.event', ({ event }) => event === 'uartData');
    expect(reported).toMatchObject({ unitId: button.id, data: 'aGk=' });
  });

  it('answers the calls of libpyiotcloud’s client', async () => {
    const { api, hub, site } = system();
    const { user } = await api.get(SessionView, '/api/session');
    const client = new LibpyiotcloudClient(hub.httpUrl, { username: user?.email ?? '' });
    await api.send('PUT', '/api/account/libpyiotcloud', { body: { siteId: site.id } });
    expect(await client.logIn('a lamp in the window')).toBe('OK');
    const call = async (name: string, args: object = {}) =>
      (await client.call(name, 'button', args)).text;
    expect(await call('get_status')).toBe('{"status": "running"}');
    expect(await call('set_gpio', { number: 12, value: 1 })).toBe('{"number": 12, "value": 1}');
    expect(await call('get_gpio', { number: 12 })).toBe('{"number": 12, "value": 1}');
    expect((await client.call('get_gpio', 'button', { number: 99 })).status).toBe(422);
    expect(await call('write_uart', { data: 'hi' })).toBe('{"data": "hi"}');
    expect(await call('get_mac')).toMatch(/^\{"value": "(\w\w:){5}\w\w"\}$/);
    expect(await call('get_ip')).toMatch(/^\{"value": "[\d.]+"\}$/);
    expect(await call('get_subnet')).toMatch(/^\{"value": "[\d.]+"\}$/);
    const { value } = z.object({ value: z.int() }).parse(JSON.parse(await call('get_rtc')));
    expect(Math.abs(value - Date.now() / 1_000)).toBeLessThan(60);
    const boots = async () => (await system().unit('button').view()).identity?.bootId;
    const before = await boots();
    expect(await call('reset_device')).toBe('{"status": "restarting"}');
    await until('it has booted anew', async () => (await boots()) !== before);
    await system().unit('button').ready();
  });

  it('a restart proves itself by another boot id', async () => {
    const button = system().unit('button');
    const bootOf = async () => (await button.view()).identity?.bootId;
    const before = await until('its boot id is known', bootOf);
    const { command } = await button.command(
      { verb: 'invoke', operation: 'invokeaction', affordance: 'reset' },
      { wait: 5 },
    );
    expect(command.state).toBe('succeeded');
    await until('it has booted anew', async () => (await bootOf()) !== before);
    expect((await button.ready()).identity?.resetReason).toBe('software');
  });

  it('stays at another address once its base has come by it', async () => {
    const thermometer = system().unit('thermometer');
    const { command } = await thermometer.command(
      {
        verb: 'invoke',
        operation: 'invokeaction',
        affordance: 'networkSet',
        input: { ip: '127.0.0.5', netmask: '255.0.0.0', gateway: '127.0.0.1' },
      },
      { wait: 5 },
    );
    expect(command.state).toBe('succeeded');
    await until('it listens there', () =>
      /network ip=127\.0\.0\.5/.test(thermometer.process.output),
    );
    await system().api.send('PATCH', `/api/units/${thermometer.id}`, {
      body: {
        endpoint: {
          kind: 'base',
          address: { host: '127.0.0.5', port: thermometer.process.port },
        },
      },
    });
    const reported = async () => {
      const { command: read } = await thermometer.command(
        { verb: 'invoke', operation: 'readproperty', affordance: 'networkChange' },
        { wait: 5 },
      );
      // It was started without settings, where it could keep it.
      return read.output === 'until restart';
    };
    await until('it stays there', reported);
  });

  it('a relay without its base enters its safe state, and reports it afterwards', async () => {
    const relay = system().unit('relay');
    await relay.command({ verb: 'invoke', affordance: 'on', input: true }, { wait: 5 });
    await relayReports('on', true);
    const before = relay.process.output.length;
    await system().stopBase();
    await until('the relay is off', () =>
      /relay on=false/.test(relay.process.output.slice(before)),
    );
    system().startBase();
    await relayReports('on', false);
    await relayReports('changedBy', 'base lost');
  });
});
