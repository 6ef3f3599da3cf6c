import { beforeEach, describe, expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { AncestorLamp } from '../../testing/ancestor-lamp.ts';
import { fixtureAddress, UnitFixture } from '../../testing/unit-fixture.ts';
import type { Unit } from '../../units/unit.ts';

let fixture: UnitFixture;
let lamp: AncestorLamp;
beforeEach(() => {
  fixture = new UnitFixture();
  // Its kind of link is consent enough.
  fixture.protection = { kind: 'unknown' };
  lamp = new AncestorLamp(fixture.clock);
  fixture.transport.put(fixtureAddress, lamp);
  atTestEnd.add(() => lamp.close());
});

const start = async (): Promise<Unit> => fixture.started(fixture.unitOf(null, 'line-lamp'));
/** A lamp whose state was read, which takes a connection and five seconds. */
const settled = async (): Promise<Unit> => {
  const unit = await start();
  await fixture.pass(6_000);
  lamp.read.length = 0;
  lamp.connections.length = 0;
  return unit;
};
const color = (input: string, verb: 'set' | 'invoke' | 'enqueue' = 'invoke') =>
  fixture.task({ affordance: 'color', input, verb });
const ends = () => fixture.ended.map(({ end }) => end);
const unconfirmed = { outcome: 'unknown', code: 'unconfirmed' };

describe('a lamp with the ancestors’ firmware', () => {
  it('gets the colour, one CR, and the end of the connection', async () => {
    const unit = await settled();
    unit.submit(color('#ff8800'));
    await fixture.settle();
    expect(lamp.connections).toEqual([[0x23, 0x66, 0x66, 0x38, 0x38, 0x30, 0x30, 0x0d]]);
    expect(lamp.color).toBe('#ff8800');
    expect(unit.isConnected).toBe(false);
  });

  it('never answers, so that what became of the colour is not claimed', async () => {
    const unit = await settled();
    unit.submit(color('#ff8800'));
    await fixture.settle();
    expect(ends()).toEqual([unconfirmed]);
    const steps = fixture.ended[0]?.task.trace ?? [];
    expect(steps.at(-1)).toMatchObject({
      stage: STAGE.baseWritten,
      note: 'this unit never answers',
    });
    expect(fixture.readings).toEqual([]);
  });

  it('shows the next colour without five seconds of waiting', async () => {
    const unit = await settled();
    const colors = Array.from({ length: 8 }, (_, index) => `#00000${index + 1}`);
    for (const input of colors) unit.submit(color(input));
    await fixture.pass(20, 1);
    expect(lamp.read).toEqual(colors);
    expect(lamp.connections).toHaveLength(8);
    expect(lamp.maxAtOnce).toBe(1);
    expect(ends()).toEqual(colors.map(() => unconfirmed));
  });

  it('is looked in on once, and then connected to for commands only', async () => {
    const unit = await start();
    expect(fixture.states()).toEqual([['ready', undefined]]);
    await fixture.pass(3_600_000, 10_000);
    expect(fixture.dials).toBe(1);
    expect(unit.isConnected).toBe(false);
    unit.submit(color('#ff8800'));
    await fixture.settle();
    expect(fixture.dials).toBe(2);
    await fixture.pass(600_000, 10_000);
    expect(fixture.dials).toBe(2);
  });

  it('is described by the base as write-only, with a colour', async () => {
    fixture.transport.remove(fixtureAddress);
    await start();
    expect(fixture.described).toMatchObject([
      {
        model: 'line-lamp',
        sessionPolicy: 'on-demand',
        description: {
          properties: {
            color: { format: 'color', writeOnly: true, readOnly: false, observable: false },
          },
        },
      },
    ]);
  });

  it('that is off fails an invoke, and gets what waits when it is back', async () => {
    const unit = await settled();
    fixture.transport.remove(fixtureAddress);
    unit.submit(color('#ff0000'));
    await fixture.settle();
    expect(ends()).toEqual([{ outcome: 'failed', code: 'unit_unreachable' }]);
    expect(fixture.states().at(-1)).toEqual(['lost', 'unit_unreachable']);
    unit.submit(fixture.task({ affordance: 'color', input: '#00ff00', verb: 'set' }, null));
    unit.submit(fixture.task({ affordance: 'color', input: '#0000ff', verb: 'set' }, null));
    await fixture.pass(60_000);
    expect(ends().slice(1)).toEqual([{ outcome: 'superseded', code: 'superseded' }]);
    fixture.transport.put(fixtureAddress, lamp);
    await fixture.pass(31_000);
    expect(lamp.color).toBe('#0000ff');
    expect(lamp.read).toEqual(['#0000ff']);
    expect(ends().at(-1)).toEqual(unconfirmed);
    expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is not sent a colour whose time is over', async () => {
    const unit = await settled();
    fixture.transport.remove(fixtureAddress);
    unit.submit(fixture.task({ affordance: 'color', input: '#ff0000', verb: 'enqueue' }, 5_000));
    await fixture.pass(6_000);
    expect(ends()).toEqual([{ outcome: 'expired', code: 'expired' }]);
    fixture.transport.put(fixtureAddress, lamp);
    await fixture.pass(60_000);
    expect(lamp.connections.flat()).toEqual([]);
  });

  it.each([
    ['red', '#ff0000'],
    ['LightGoldenrodYellow', '#fafad2'],
    ['#F00', '#ff0000'],
    ['#FF0000', '#ff0000'],
  ])('is sent %s as %s', async (input, sent) => {
    const unit = await settled();
    unit.submit(color(input));
    await fixture.settle();
    expect(lamp.read).toEqual([sent]);
    expect(ends()).toEqual([unconfirmed]);
  });

  it.each(['reddish', '#ff0000\r#0000ff', '#ff0000\n', '#ff00', ' #ff0000', '', 7])(
    'is sent nothing but a colour: not %j',
    async (input) => {
      const unit = await settled();
      unit.submit(fixture.task({ affordance: 'color', input }));
      await fixture.settle();
      expect(ends()).toEqual([{ outcome: 'rejected', code: 'input_invalid' }]);
      expect(lamp.connections.flat()).toEqual([]);
    },
  );

  it('cannot be read', async () => {
    const unit = await settled();
    unit.submit(fixture.task({ affordance: 'color', operation: 'readproperty' }));
    await fixture.settle();
    expect(ends()).toEqual([{ outcome: 'rejected', code: 'operation_not_allowed' }]);
  });

  it('is ignored, whatever it sends', async () => {
    fixture.transport.put(fixtureAddress, {
      accept: (link) => {
        link.write(Buffer.from('ready\r\n512\n'.repeat(1_000)));
        return lamp.accept();
      },
    });
    const unit = await settled();
    unit.submit(color('#ff8800'));
    await fixture.settle();
    expect(lamp.color).toBe('#ff8800');
    expect(fixture.readings).toEqual([]);
  });

  it('that closes before a colour is sent is connected to again', async () => {
    let refusals = 0;
    fixture.transport.put(fixtureAddress, {
      accept: (link) => {
        refusals += 1;
        if (refusals > 1) return lamp.accept();
        link.destroy();
        return { data: () => undefined, closed: () => undefined };
      },
    });
    const unit = fixture.unitOf(null, 'line-lamp');
    unit.submit(fixture.task({ affordance: 'color', input: '#ff8800', verb: 'set' }, null));
    await fixture.pass(2_000);
    expect(lamp.read).toEqual(['#ff8800']);
    expect(ends()).toEqual([unconfirmed]);
  });

  it('is sent nothing if the base has a key for it, whoever configured lines', async () => {
    fixture.protection = { kind: 'encrypted', key: new Uint8Array(32).fill(7) };
    const unit = await start();
    unit.submit(color('#ff8800'));
    await fixture.settle();
    expect(ends()).toEqual([{ outcome: 'failed', code: 'unit_encryption_missing' }]);
    expect(fixture.states()).toEqual([['lost', 'unit_encryption_missing']]);
    expect(fixture.dials).toBe(0);
  });
});
