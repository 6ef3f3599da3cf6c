import { beforeEach, describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { AncestorSensor } from '../../testing/ancestor-sensor.ts';
import { sceneAddress, UnitScene } from '../../testing/unit-scene.ts';
import type { UnitSession } from '../../units/unit-session.ts';

let scene: UnitScene;
let sensor: AncestorSensor;
let measured: number;
beforeEach(() => {
  scene = new UnitScene();
  // Its kind of link is consent enough.
  scene.protection = { kind: 'unknown' };
  measured = 511;
  sensor = new AncestorSensor({ clock: scene.clock, read: () => (measured += 1) });
  scene.transport.put(sceneAddress, sensor);
  atTestEnd.add(() => sensor.close());
});

const start = async (): Promise<UnitSession> => scene.started(scene.sessionOf(null, 'line-sensor'));
const values = () => scene.readings.map(({ value }) => value);

describe('a sensor with the ancestors’ firmware', () => {
  it('is read once a second on one connection, to which nothing is ever written', async () => {
    await start();
    await scene.pass(3_000);
    expect(values()).toEqual([512, 513, 514, 515]);
    expect(sensor).toMatchObject({ clients: 1, unread: [] });
    expect(scene.states()).toEqual([['ready', undefined]]);
  });

  it('has readings with the time of their arrival, and the numbers of the base', async () => {
    await start();
    await scene.pass(1_000);
    const atMs = scene.startedAtMs + 1_000;
    expect(scene.readings).toEqual([
      {
        property: 'value',
        value: 512,
        measuredAtMs: atMs,
        receivedAtMs: atMs,
        clock: 'synced',
        seq: 1,
      },
      {
        property: 'value',
        value: 513,
        measuredAtMs: atMs + 1_000,
        receivedAtMs: atMs + 1_000,
        clock: 'synced',
        seq: 2,
      },
    ]);
  });

  it('is described by the base, also before it was ever reached', async () => {
    scene.transport.remove(sceneAddress);
    const { unitId } = (await start()).unit;
    expect(scene.described).toMatchObject([
      {
        unitId,
        model: 'line-sensor',
        firmwareVersion: '',
        sessionPolicy: 'held',
        description: {
          properties: { value: { type: 'number', readOnly: true, observable: true } },
          actions: {},
        },
      },
    ]);
    expect(scene.states()).toEqual([['lost', 'unit_unreachable']]);
  });

  it('is connected to again when it boots, and counted on', async () => {
    await start();
    await scene.pass(1_000);
    sensor.restart();
    await scene.settle();
    expect(scene.states().at(-1)).toEqual(['lost', undefined]);
    await scene.pass(2_000);
    expect(scene.states().at(-1)).toEqual(['ready', undefined]);
    const seqs = scene.readings.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_seq, index) => index + 1));
    expect(sensor).toMatchObject({ clients: 2, maxAtOnce: 1 });
  });

  it('is tried again and again while it is away, ever more slowly', async () => {
    scene.transport.remove(sceneAddress);
    await start();
    await scene.pass(600_000);
    // Half of the jitter: the pauses grow to 15 s, and stay there.
    expect(scene.dials).toBeGreaterThan(600 / 30);
    expect(scene.dials).toBeLessThan(600 / 10);
    scene.transport.put(sceneAddress, sensor);
    await scene.pass(30_000);
    expect(values()[0]).toBe(512);
    expect(scene.states()).toEqual([
      ['lost', 'unit_unreachable'],
      ['ready', undefined],
    ]);
  });

  it('that goes silent without closing is given up after 30 s, and tried again', async () => {
    await start();
    sensor.freeze();
    await scene.pass(29_500);
    expect(scene.states()).toHaveLength(1);
    await scene.pass(500);
    expect(scene.states().at(-1)).toEqual(['lost', 'unit_timeout']);
    sensor.thaw();
    await scene.pass(10_000);
    expect(scene.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is kept as long as numbers come, and given up 30 s after the last', async () => {
    await start();
    await scene.pass(120_000);
    expect(scene.readings).toHaveLength(121);
    expect(sensor.clients).toBe(1);
    sensor.freeze();
    await scene.pass(29_000);
    expect(scene.states()).toHaveLength(1);
    await scene.pass(1_000);
    expect(scene.states().at(-1)).toEqual(['lost', 'unit_timeout']);
  });

  it('that serves somebody else is not taken for ready, though it is connected', async () => {
    const rival = { write: () => undefined, end: () => undefined, destroy: () => undefined };
    const left = sensor.accept(rival);
    await start();
    await scene.pass(4_500);
    expect(scene.states()).toEqual([]);
    await scene.pass(500);
    expect(scene.states()).toEqual([['lost', 'unit_timeout']]);
    left.closed();
    await scene.pass(10_000);
    expect(scene.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is never connected to twice, also when the one before is noticed late', async () => {
    const session = await start();
    await session.close();
    const next = await start();
    expect(next.isConnected).toBe(false);
    await scene.pass(1_000);
    expect(next.isConnected).toBe(true);
    expect(sensor).toMatchObject({ clients: 2, maxAtOnce: 1 });
  });

  it('may print a boot banner and noise: counted, not stored', async () => {
    await start();
    sensor.say(
      '\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\r\nload 0x4010f000, len 3460\n',
    );
    sensor.say(Uint8Array.of(0xff, 0x00, 0x80, 0x0a));
    await scene.pass(1_000);
    expect(values()).toEqual([512, 513]);
    expect(scene.states()).toEqual([['ready', undefined]]);
  });

  it('may break off in the middle of a number: a part of it is no reading', async () => {
    await start();
    sensor.say('10');
    sensor.restart();
    await scene.pass(2_000);
    expect(values()).not.toContain(10);
    expect(values().slice(0, 2)).toEqual([512, 513]);
  });

  it('may have its line cut at any byte', async () => {
    await start();
    for (const byte of '1024\n') {
      sensor.say(byte);
      await scene.settle();
    }
    expect(values()).toEqual([512, 1024]);
  });

  it('is not kept alive by bytes that are no numbers', async () => {
    await start();
    sensor.freeze();
    for (let half = 0; half < 60; half += 1) {
      sensor.say('...');
      await scene.pass(500);
    }
    sensor.say('\n');
    await scene.settle();
    expect(scene.states().at(-1)).toEqual(['lost', 'unit_timeout']);
  });

  it('that says anything but numbers is none', async () => {
    await start();
    for (let line = 0; line < 65; line += 1) sensor.say('HTTP/1.1 400 Bad Request\r\n');
    await scene.settle();
    expect(scene.states().at(-1)).toEqual(['lost', 'unit_protocol_error']);
    expect(values()).toEqual([512]);
  });

  it('that never says a number is told apart from one that never says anything', async () => {
    scene.transport.put(sceneAddress, {
      accept: (pipe) => {
        pipe.write(Buffer.from('garbage\n'));
        return { data: () => undefined, closed: () => undefined };
      },
    });
    await start();
    await scene.pass(5_000);
    expect(scene.states()).toEqual([['lost', 'unit_protocol_error']]);
  });

  it('that floods has its surplus dropped, a hundred a second at most stored', async () => {
    await start();
    sensor.say('7\n'.repeat(5_000));
    await scene.settle();
    expect(values()).toHaveLength(100);
    await scene.pass(1_000);
    expect(values()).toHaveLength(101);
  });

  it('answers a read with the next number that it says', async () => {
    const session = await start();
    session.submit(scene.task({ affordance: 'value', operation: 'readproperty' }));
    await scene.settle();
    expect(scene.ended).toEqual([]);
    await scene.pass(1_000);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded', output: 513 } }]);
  });

  it('fails a read that no number came for, and refuses what it cannot do', async () => {
    const session = await start();
    sensor.freeze();
    session.submit(scene.task({ affordance: 'value', operation: 'readproperty' }));
    session.submit(scene.task({ affordance: 'value', input: 5 }, null));
    session.submit(scene.task({ affordance: 'color', input: '#ff0000' }, null));
    await scene.pass(10_000);
    expect(scene.ended.map(({ end }) => end)).toEqual([
      { outcome: 'failed', code: 'unit_timeout' },
      { outcome: 'rejected', code: 'operation_not_allowed' },
      { outcome: 'rejected', code: 'affordance_unknown' },
    ]);
    expect(sensor.unread).toEqual([]);
  });
});
