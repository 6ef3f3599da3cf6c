import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { fixtureAddress, swallow, UnitFixture } from '../testing/unit-fixture.ts';
import type { Unit } from './unit.ts';

/** What the virtual unit keeps. */
const RING_SAMPLES = 128;
/** The fixture's sensor interval; its unit takes about one sample in that time. */
const INTERVAL_MS = 1_000;

let fixture: UnitFixture;
beforeEach(() => {
  fixture = new UnitFixture();
});

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const seqs = () => fixture.readings.map(({ seq }) => seq);

/** A light sensor, of which a test can cut the link or lose what is on the way. */
function putSensor() {
  const way = { losesReports: false };
  const unit = fixture.put(
    { onSend: ({ body }) => way.losesReports && body.case === 'report' },
    'light_sensor',
  );
  return {
    way,
    cut: () => fixture.transport.remove(fixtureAddress),
    mend: () => fixture.transport.put(fixtureAddress, unit),
    restart: () => unit.restart(),
  };
}

/** Until the unit is connected again, whatever the backoff. */
async function reconnect(unit: Unit): Promise<void> {
  for (let waited = 0; !unit.isConnected && waited < 40; waited += 1) await fixture.pass(1_000);
  await fixture.pass(2 * INTERVAL_MS);
}

describe('the loss of a unit for a while', () => {
  it('loses no sample and repeats none, in the order in which they were taken', async () => {
    const sensor = putSensor();
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(5_000);
    sensor.cut();
    await fixture.pass(30_000);
    sensor.mend();
    await reconnect(unit);
    expect(seqs()).toEqual(range(1, seqs().length));
    expect(seqs().length).toBeGreaterThan(30);
    const times = fixture.readings.map(({ measuredAtMs }) => measuredAtMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const late = fixture.readings.filter(
      (one) => one.receivedAtMs - one.measuredAtMs > INTERVAL_MS,
    );
    expect(late.length).toBeGreaterThan(20);
    expect(fixture.missed).toEqual([]);
  });

  it('costs nothing of what had left the unit and did not arrive', async () => {
    const sensor = putSensor();
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(5_000);
    sensor.way.losesReports = true;
    await fixture.pass(5_000);
    sensor.cut();
    sensor.way.losesReports = false;
    sensor.mend();
    await reconnect(unit);
    expect(seqs()).toEqual(range(1, seqs().length));
    expect(fixture.missed).toEqual([]);
  });

  it('is reported as an exact gap if the unit could not store so much', async () => {
    const sensor = putSensor();
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(5_000);
    const before = seqs().length;
    const lastAtMs = fixture.readings.at(-1)?.measuredAtMs;
    sensor.cut();
    await fixture.pass(2 * RING_SAMPLES * INTERVAL_MS);
    sensor.mend();
    await reconnect(unit);
    const [gap] = fixture.missed;
    const first = fixture.readings[before];
    expect(gap).toMatchObject({ fromSeq: before + 1, toSeq: (first?.seq ?? 0) - 1 });
    expect(gap).toMatchObject({ fromMs: lastAtMs, toMs: first?.measuredAtMs });
    expect(seqs()).toEqual([
      ...range(1, before),
      ...range(before + (gap?.count ?? 0) + 1, seqs().at(-1) ?? 0),
    ]);
    expect(fixture.missed).toHaveLength(1);
  });

  it('and a boot in between begin a new count, without a gap', async () => {
    const sensor = putSensor();
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(5_000);
    const before = seqs().length;
    sensor.cut();
    sensor.restart();
    sensor.mend();
    await reconnect(unit);
    expect(seqs().slice(before)).toEqual(range(1, seqs().length - before));
    expect(fixture.missed).toEqual([]);
  });
});

describe('a unit that does not resume', () => {
  it('is subscribed all the same where it does not know the request', async () => {
    fixture.put(
      {
        onRequest: ({ requestId, body }, link) => {
          if (body.case !== 'resume') return false;
          const value = create(ResultSchema, { status: Status.UNSUPPORTED });
          link.send(requestId, { case: 'result', value });
          return true;
        },
      },
      'light_sensor',
    );
    await fixture.started(fixture.unitOf());
    await fixture.pass(3_000);
    expect(fixture.readings.length).toBeGreaterThan(2);
  });

  it('is requested again a second later if it was too busy', async () => {
    let requested = 0;
    fixture.put(
      {
        onRequest: ({ requestId, body }, link) => {
          if (body.case !== 'resume' || (requested += 1) > 1) return false;
          const value = create(ResultSchema, { status: Status.BUSY });
          link.send(requestId, { case: 'result', value });
          return true;
        },
      },
      'light_sensor',
    );
    await fixture.started(fixture.unitOf());
    expect(fixture.readings).toEqual([]);
    await fixture.pass(3_000);
    expect(requested).toBe(2);
    expect(fixture.readings.length).toBeGreaterThan(1);
  });

  it('and sends nothing is reconnected', async () => {
    fixture.put(swallow('resume'), 'light_sensor');
    await fixture.started(fixture.unitOf());
    await fixture.pass(6_000);
    expect(fixture.states().slice(0, 2)).toEqual([
      ['ready', undefined],
      ['lost', 'unit_timeout'],
    ]);
  });
});

it(
  'whatever is cut, lost on the way and restarted: each sample is here once or in a gap',
  async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('cut' as const), seconds: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ kind: fc.constant('lose' as const), seconds: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('crash' as const), seconds: fc.integer({ min: 0, max: 9 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        fixture = new UnitFixture();
        const sensor = putSensor();
        let unit = await fixture.started(fixture.unitOf());
        await fixture.pass(1_000);
        for (const { kind, seconds } of steps) {
          if (kind === 'pass') await fixture.pass(seconds * 1_000);
          if (kind === 'cut' || kind === 'lose') {
            sensor.way.losesReports = kind === 'lose';
            if (kind === 'cut') sensor.cut();
            await fixture.pass(seconds * 1_000);
            sensor.cut();
            sensor.way.losesReports = false;
            sensor.mend();
            await reconnect(unit);
          }
          if (kind === 'crash') {
            // The last readings were not on the disk yet; the base forgets them and their gaps.
            sensor.cut();
            await fixture.settle();
            const closed = unit.close();
            fixture.clock.advance(2_000);
            await closed;
            fixture.readings.length = Math.max(1, fixture.readings.length - seconds);
            const last = fixture.readings.at(-1);
            const lastSeq = last?.seq ?? 0;
            while ((fixture.missed.at(-1)?.toSeq ?? 0) > lastSeq) fixture.missed.pop();
            fixture.mark = {
              bootId: '00000001',
              seq: lastSeq,
              measuredAtMs: last?.measuredAtMs ?? 0,
            };
            sensor.mend();
            unit = await fixture.started(fixture.unitOf());
            await reconnect(unit);
          }
        }
        await fixture.pass(2_000);
        const gaps = fixture.missed.flatMap(({ fromSeq, toSeq }) => range(fromSeq, toSeq));
        const all = [...seqs(), ...gaps].toSorted((a, b) => a - b);
        expect(all).toEqual(range(1, all.length));
        expect(seqs()).toEqual(seqs().toSorted((a, b) => a - b));
        for (const { fromSeq, toSeq, count } of fixture.missed) {
          expect(count).toBe(toSeq - fromSeq + 1);
        }
      }),
      propertyRuns(25),
    );
  },
  PROPERTY_TIMEOUT_MS,
);
