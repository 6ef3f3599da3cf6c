import { describe, expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { systemClock } from '#platform/clock.ts';
import { AncestorLamp } from '../../base-unit/testing/ancestor-lamp.ts';
import { AncestorSensor } from '../../base-unit/testing/ancestor-sensor.ts';
import { LinkServer } from '../../base-unit/testing/link-server.ts';
import type { LinkEvents } from '../../base-unit/drivers/transport/unit-transport.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import type { SystemUnit } from '../harness/system-unit.ts';
import { until } from '#platform/testing/until.ts';

/** A running base, with a present-day unit beside the ancestors. */
const system = sharedSystem({ units: ['lamp'], implementation: 'virtual' });

async function addUnit(port: number, link: UnitLinkKind): Promise<SystemUnit> {
  const { id } = await system().addUnit(system().baseId, link, port, link);
  atTestEnd.add(() => system().api.send('DELETE', `/api/units/${id}`));
  return system().unitById(id);
}

async function startSensor() {
  let measured = 511;
  const sensor = new AncestorSensor({ clock: systemClock, read: () => (measured += 1) });
  atTestEnd.add(() => sensor.close());
  const server = new LinkServer(sensor.accept, atTestEnd);
  await server.start();
  return { sensor, server, unit: await addUnit(server.port, 'line-sensor') };
}

/** A lamp that records what arrives over each of its connections: the bytes, then the close. */
async function startLamp() {
  const lamp = new AncestorLamp(systemClock);
  atTestEnd.add(() => lamp.close());
  const wires: (string | number)[][] = [];
  const accept = (): LinkEvents => {
    const { data, closed } = lamp.accept();
    const wire: (string | number)[] = [];
    wires.push(wire);
    return {
      data: (chunk) => {
        wire.push(...chunk);
        data(chunk);
      },
      closed: () => {
        wire.push('closed');
        closed();
      },
    };
  };
  const server = new LinkServer(accept, atTestEnd);
  await server.start();
  return { lamp, server, wires, unit: await addUnit(server.port, 'line-lamp') };
}

/** `#ff8800`, CR, and nothing more. */
const ORANGE = [0x23, 0x66, 0x66, 0x38, 0x38, 0x30, 0x30, 0x0d, 'closed'];
const UNCONFIRMED = { state: 'unknown', code: 'unconfirmed' };

describe('units with the ancestors’ firmware, over TCP', () => {
  it('a sensor is described by the base, and its numbers are in the history, once each', async () => {
    const since = Date.now();
    const { sensor, unit } = await startSensor();
    const view = await unit.ready();
    expect(view).toMatchObject({
      endpoint: { kind: 'base', link: 'line-sensor' },
      identity: { model: 'line-sensor', firmwareVersion: '' },
      description: {
        properties: { value: { type: 'number', readOnly: true, observable: true } },
        actions: {},
        events: {},
      },
    });
    const points = await until('three numbers are in the history', async () => {
      const found = await unit.rawHistory(since, 'value');
      return found.length >= 3 ? found : undefined;
    });
    const values = points.map(({ last }) => last);
    expect(values).toEqual(values.map((_value, index) => 512 + index));
    expect(sensor).toMatchObject({ clients: 1, unread: [] });
  });

  it('a sensor that restarts is reconnected, and its numbers continue', async () => {
    const since = Date.now();
    const { sensor, server, unit } = await startSensor();
    await unit.ready();
    await server.stop();
    sensor.restart();
    await until('it is lost', async () => (await unit.view()).presence.state === 'lost');
    const before = await unit.rawHistory(since, 'value');
    await server.start();
    await unit.ready();
    const after = await until('more numbers came', async () => {
      const found = await unit.rawHistory(since, 'value');
      return found.length > before.length + 1 ? found : undefined;
    });
    expect(after.slice(0, before.length)).toEqual(before);
    expect(sensor).toMatchObject({ clients: 2, maxAtOnce: 1, unread: [] });
  });

  it('a lamp gets the colour, one CR and the end, and success is never claimed', async () => {
    const { lamp, wires, unit } = await startLamp();
    expect(await unit.ready()).toMatchObject({
      endpoint: { kind: 'base', link: 'line-lamp' },
      identity: { model: 'line-lamp', sessionPolicy: 'on-demand' },
      description: {
        properties: { color: { format: 'color', writeOnly: true, observable: false } },
      },
    });
    const { command } = await unit.command(
      { verb: 'invoke', affordance: 'color', input: '#ff8800' },
      { wait: 10 },
    );
    expect(command).toMatchObject(UNCONFIRMED);
    const { steps } = await system().api.get(CommandTrace, `/api/commands/${command.id}/trace`);
    expect(steps.find(({ stage }) => stage === STAGE.baseWritten)).toMatchObject({
      note: 'this unit never answers',
    });
    await until('the connection is closed', () => wires.at(-1)?.at(-1) === 'closed');
    expect(wires.at(-1)).toEqual(ORANGE);
    await until('the lamp shows it', () => lamp.color === '#ff8800');
    const { reported, presence } = await unit.view();
    expect(reported).toEqual({});
    expect(presence.state).toBe('ready');
  });

  it.each(['red', '#F00'])('a lamp is sent %s as #ff0000, which stays on view', async (input) => {
    const { lamp, unit } = await startLamp();
    await unit.ready();
    const { command } = await unit.command(
      { verb: 'set', affordance: 'color', input },
      { wait: 10 },
    );
    expect(command).toMatchObject({ ...UNCONFIRMED, input: '#ff0000' });
    await until('the lamp shows it', () => lamp.color === '#ff0000');
    expect(lamp.read).toContain('#ff0000');
    expect((await unit.view()).desired).toMatchObject({ color: { value: '#ff0000' } });
  });

  it('a lamp that is back gets the colour that was desired meanwhile, which stays on view', async () => {
    const { lamp, server, wires, unit } = await startLamp();
    await unit.ready();
    await server.stop();
    const { command } = await unit.command({ verb: 'set', affordance: 'color', input: '#ff8800' });
    await until('it is lost', async () => (await unit.view()).presence.state === 'lost');
    await server.start();
    expect(await unit.ended(command.id)).toMatchObject(UNCONFIRMED);
    await until('the lamp shows it', () => lamp.color === '#ff8800');
    expect(wires.at(-1)).toEqual(ORANGE);
    expect((await unit.view()).desired).toMatchObject({
      color: { value: '#ff8800', commandId: command.id },
    });
  });
});
