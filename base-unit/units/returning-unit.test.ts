import { beforeEach, describe, expect, it } from 'vitest';
import { fixtureAddress, UnitFixture } from '../testing/unit-fixture.ts';

let fixture: UnitFixture;
beforeEach(() => {
  fixture = new UnitFixture();
});

describe('a unit that comes and goes', () => {
  it('is disconnected when it says goodbye, and ready again with its next boot', async () => {
    const unit = fixture.put({}, 'light_sensor');
    await fixture.started(fixture.unitOf());
    unit.restart();
    await fixture.settle();
    expect(fixture.states().at(-1)).toEqual(['disconnected', undefined]);
    await fixture.pass(1_000);
    expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is lost when its link breaks', async () => {
    const unit = fixture.put({}, 'light_sensor');
    await fixture.started(fixture.unitOf());
    fixture.transport.remove(fixtureAddress);
    await fixture.settle();
    expect(fixture.states().at(-1)).toEqual(['lost', undefined]);
    fixture.transport.put(fixtureAddress, unit);
    await fixture.pass(1_000);
    expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('keeps its connection while it streams, and gets the time', async () => {
    fixture.put({}, 'light_sensor');
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(65_000);
    expect(unit.isConnected).toBe(true);
    expect(fixture.dials).toBe(1);
    expect(fixture.requestsOf('time')).toHaveLength(1);
    expect(
      fixture.readings.filter(({ property }) => property === 'illuminance').length,
    ).toBeGreaterThan(60);
  });

  it('keeps the times of its readings when the wall clock jumps', async () => {
    fixture.put({}, 'light_sensor');
    await fixture.started(fixture.unitOf());
    await fixture.pass(5_000);
    fixture.clock.set(fixture.clock.nowMs() + 86_400_000);
    await fixture.pass(5_000);
    for (const { measuredAtMs, receivedAtMs } of fixture.readings) {
      expect(receivedAtMs - measuredAtMs).toBeLessThan(1_100);
    }
  });
});
