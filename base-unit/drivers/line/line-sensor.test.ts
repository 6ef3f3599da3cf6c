import { beforeEach, describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { AncestorSensor } from '../../testing/ancestor-sensor.ts';
import { fixtureAddress, UnitFixture } from '../../testing/unit-fixture.ts';
import type { Unit } from '../../units/unit.ts';

let fixture: UnitFixture;
let sensor: AncestorSensor;
let measured: number;
beforeEach(() => {
  fixture = new UnitFixture();
  // Its kind of link is consent enough.
  fixture.protection = { kind: 'unknown' };
  measured = 511;
  sensor = new AncestorSensor({ clock: fixture.clock, read: () => (measured += 1) });
  fixture.transport.put(fixtureAddress, sensor);
  atTestEnd.add(() => sensor.close());
});

const start = async (): Promise<Unit> => fixture.started(fixture.unitOf(null, 'line-sensor'));
const values = () => fixture.readings.map(({ value }) => value);

describe('a sensor with the ancestors’ firmware', () => {
  it('is read once a second on one connection, to which nothing is ever written', async () => {
    await start();
    await fixture.pass(3_000);
    expect(values()).toEqual([512, 513, 514, 515]);
    expect(sensor).toMatchObject({ clients: 1, unread: [] });
    expect(fixture.states()).toEqual([['ready', undefined]]);
  });

  it('has readings with the time of their arrival, and the numbers of the base', async () => {
    await start();
    await fixture.pass(1_000);
    const atMs = fixture.startedAtMs + 1_000;
    expect(fixture.readings).toEqual([
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
    fixture.transport.remove(fixtureAddress);
    const { unitId } = (await start()).stored;
    expect(fixture.described).toMatchObject([
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
    expect(fixture.states()).toEqual([['lost', 'unit_unreachable']]);
  });

  it('is connected to again when it boots, and counted on', async () => {
    await start();
    await fixture.pass(1_000);
    sensor.restart();
    await fixture.settle();
    expect(fixture.states().at(-1)).toEqual(['lost', undefined]);
    await fixture.pass(2_000);
    expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
    const seqs = fixture.readings.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_seq, index) => index + 1));
    expect(sensor).toMatchObject({ clients: 2, maxAtOnce: 1 });
  });

  it('is tried again and again while it is away, ever more slowly', async () => {
    fixture.transport.remove(fixtureAddress);
    await start();
    await fixture.pass(600_000);
    // Half of the jitter: the pauses grow to 15 s, and stay there.
    expect(fixture.dials).toBeGreaterThan(600 / 30);
    expect(fixture.dials).toBeLessThan(600 / 10);
    fixture.transport.put(fixtureAddress, sensor);
    await fixture.pass(30_000);
    expect(values()[0]).toBe(512);
    expect(fixture.states()).toEqual([
      ['lost', 'unit_unreachable'],
      ['ready', undefined],
    ]);
  });

  it('that goes silent without closing is dropped after 30 s, and retried', async () => {
    await start();
    sensor.freeze();
    await fixture.pass(29_500);
    expect(fixture.states()).toHaveLength(1);
    await fixture.pass(500);
    expect(fixture.states().at(-1)).toEqual(['lost', 'unit_timeout']);
    sensor.thaw();
    await fixture.pass(10_000);
    expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is kept as long as numbers arrive, and dropped 30 s after the last', async () => {
    await start();
    await fixture.pass(120_000);
    expect(fixture.readings).toHaveLength(121);
    expect(sensor.clients).toBe(1);
    sensor.freeze();
    await fixture.pass(29_000);
    expect(fixture.states()).toHaveLength(1);
    await fixture.pass(1_000);
    expect(fixture.states().at(-1)).toEqual(['lost', 'unit_timeout']);
  });

  it('that serves another client is not ready, though it is connected', async () => {
    const competitor = { write: () => undefined, end: () => undefined, destroy: () => undefined };
    const left = sensor.accept(competitor);
    await start();
    await fixture.pass(4_500);
    expect(fixture.states()).toEqual([]);
    await fixture.pass(500);
    expect(fixture.states()).toEqual([['lost', 'unit_timeout']]);
    left.closed();
    await fixture.pass(10_000);
    expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is never connected to twice, also when the one before is noticed late', async () => {
    const unit = await start();
    await unit.close();
    const next = await start();
    expect(next.isConnected).toBe(false);
    await fixture.pass(1_000);
    expect(next.isConnected).toBe(true);
    expect(sensor).toMatchObject({ clients: 2, maxAtOnce: 1 });
  });

  it('may print a boot banner and noise: counted, not stored', async () => {
    await start();
    sensor.say(
      '\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\r\nload 0x4010f000, len 3460\n',
    );
    sensor.say(Uint8Array.of(0xff, 0x00, 0x80, 0x0a));
    await fixture.pass(1_000);
    expect(values()).toEqual([512, 513]);
    expect(fixture.states()).toEqual([['ready', undefined]]);
  });

  it('may break off in the middle of a number: a part of it is no reading', async () => {
    await start();
    sensor.say('10');
    sensor.restart();
    await fixture.pass(2_000);
    expect(values()).not.toContain(10);
    expect(values().slice(0, 2)).toEqual([512, 513]);
  });

  it('may have its line cut at any byte', async () => {
    await start();
    for (const byte of '1024\n') {
      sensor.say(byte);
      await fixture.settle();
    }
    expect(values()).toEqual([512, 1024]);
  });

  it('is not kept alive by bytes that are no numbers', async () => {
    await start();
    sensor.freeze();
    for (let half = 0; half < 60; half += 1) {
      sensor.say('...');
      await fixture.pass(500);
    }
    sensor.say('\n');
    await fixture.settle();
    expect(fixture.states().at(-1)).toEqual(['lost', 'unit_timeout']);
  });

  it('that says anything but numbers is none', async () => {
    await start();
    for (let line = 0; line < 65; line += 1) sensor.say('HTTP/1.1 400 Bad Request\r\n');
    await fixture.settle();
    expect(fixture.states().at(-1)).toEqual(['lost', 'unit_protocol_error']);
    expect(values()).toEqual([512]);
  });

  it('that never sends a number is distinguished from one that never sends anything', async () => {
    fixture.transport.put(fixtureAddress, {
      accept: (link) => {
        link.write(Buffer.from('garbage\n'));
        return { data: () => undefined, closed: () => undefined };
      },
    });
    await start();
    await fixture.pass(5_000);
    expect(fixture.states()).toEqual([['lost', 'unit_protocol_error']]);
  });

  it('that floods has its surplus dropped, a hundred a second at most stored', async () => {
    await start();
    sensor.say('7\n'.repeat(5_000));
    await fixture.settle();
    expect(values()).toHaveLength(100);
    await fixture.pass(1_000);
    expect(values()).toHaveLength(101);
  });

  it('answers a read with the next number that it says', async () => {
    const unit = await start();
    unit.submit(fixture.task({ affordance: 'value', operation: 'readproperty' }));
    await fixture.settle();
    expect(fixture.ended).toEqual([]);
    await fixture.pass(1_000);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded', output: 513 } }]);
  });

  it('fails a read that no number came for, and refuses what it cannot do', async () => {
    const unit = await start();
    sensor.freeze();
    unit.submit(fixture.task({ affordance: 'value', operation: 'readproperty' }));
    unit.submit(fixture.task({ affordance: 'value', input: 5 }, null));
    unit.submit(fixture.task({ affordance: 'color', input: '#ff0000' }, null));
    await fixture.pass(10_000);
    expect(fixture.ended.map(({ end }) => end)).toEqual([
      { outcome: 'failed', code: 'unit_timeout' },
      { outcome: 'rejected', code: 'operation_not_allowed' },
      { outcome: 'rejected', code: 'affordance_unknown' },
    ]);
    expect(sensor.unread).toEqual([]);
  });
});
