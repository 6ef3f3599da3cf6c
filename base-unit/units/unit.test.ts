import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { GoodbyeReason, ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import { swallow, UnitFixture } from '../testing/unit-fixture.ts';

let fixture: UnitFixture;
beforeEach(() => {
  fixture = new UnitFixture();
});

describe('a unit on demand', () => {
  it('looks after the unit, subscribes, and leaves it alone again', async () => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf());
    expect(fixture.states()).toEqual([['ready', undefined]]);
    expect(fixture.readings.map(({ property }) => property).sort()).toEqual([
      'brightness',
      'color',
      'on',
      'rssi',
    ]);
    await fixture.pass(1_000);
    expect(unit.isConnected).toBe(false);
    expect(fixture.requestsOf('goodbye')).toHaveLength(1);
    await fixture.pass(60_000);
    expect(fixture.dials).toBe(2);
    expect(fixture.states()).toHaveLength(1);
  });

  it('does not ask a known unit for its description again', async () => {
    const unit = fixture.put();
    await fixture.started(fixture.unitOf());
    const requested = fixture.requestsOf('describe').length;
    expect(requested).toBe(unit.affordances().length);
    await fixture.pass(62_000);
    expect(fixture.dials).toBe(2);
    expect(fixture.requestsOf('describe')).toHaveLength(requested);
  });

  it('has no more requests in flight than the unit accepts, which is four', async () => {
    fixture.put({ onRequest: ({ body }) => body.case === 'describe' && body.value.index > 0 });
    await fixture.started(fixture.unitOf());
    const indexes = fixture
      .requestsOf('describe')
      .map(({ body }) => body.case === 'describe' && body.value.index);
    expect(indexes).toEqual([0, 1, 2, 3, 4]);
  });

  it('connects for a command, stays 8 s for more, then says goodbye', async () => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(2_000);
    unit.submit(fixture.task());
    await fixture.settle();
    expect(fixture.ended[0]?.end).toEqual({ outcome: 'succeeded', output: true });
    await fixture.pass(7_500);
    unit.submit(fixture.task({ affordance: 'color', input: '#010203' }));
    await fixture.settle();
    expect(fixture.ended[1]?.end).toEqual({ outcome: 'succeeded', output: '#010203' });
    expect(fixture.dials).toBe(2);
    await fixture.pass(7_500);
    expect(unit.isConnected).toBe(true);
    await fixture.pass(1_000);
    expect(unit.isConnected).toBe(false);
  });

  it('stays until a fade has ended, and reports its last step', async () => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task({ affordance: 'brightness', input: 0, transitionMs: 20_000 }));
    await fixture.pass(21_000, 50);
    const brightness = fixture.readings.filter(({ property }) => property === 'brightness');
    expect(brightness.at(-1)?.value).toBe(0);
    expect(brightness.length).toBeGreaterThan(20);
  });

  it('sends one command at a time, in their order', async () => {
    const answers: (() => void)[] = [];
    fixture.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        answers.push(() => {
          const value = create(ResultSchema, { status: Status.OK });
          link.send(requestId, { case: 'result', value });
        });
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    const tasks = [1, 2, 3].map((input) => fixture.task({ affordance: 'brightness', input }));
    for (const one of tasks) unit.submit(one);
    for (let count = 1; count <= 3; count += 1) {
      await fixture.settle();
      expect(answers).toHaveLength(count);
      answers[count - 1]?.();
    }
    await fixture.settle();
    expect(fixture.ended.map((one) => one.task)).toEqual(tasks);
  });

  it('refuses the 51st waiting command', async () => {
    fixture.put(swallow('write'));
    const unit = await fixture.started(fixture.unitOf());
    for (let count = 0; count < 52; count += 1) unit.submit(fixture.task());
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'rejected', code: 'queue_full' } }]);
  });

  it('lets a newer desired value replace one that waits', async () => {
    fixture.put(swallow('write'));
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task());
    const [older, newer] = [1, 2].map((input) =>
      fixture.task({ verb: 'set', affordance: 'brightness', input }, null),
    );
    if (!older || !newer) throw new Error();
    unit.submit(older);
    unit.submit(newer);
    expect(fixture.ended).toMatchObject([{ task: older, end: { outcome: 'superseded' } }]);
  });

  it('cancels a command that was not sent, and only that', async () => {
    fixture.put(swallow('write'));
    const unit = await fixture.started(fixture.unitOf());
    const [sent, waiting] = [fixture.task(), fixture.task()];
    unit.submit(sent);
    unit.submit(waiting);
    expect(unit.cancel(sent.command.id)).toBe(false);
    expect(unit.cancel(waiting.command.id)).toBe(true);
    expect(fixture.ended).toMatchObject([{ task: waiting, end: { outcome: 'cancelled' } }]);
  });

  it('ends a waiting command when its time is over', async () => {
    fixture.put(swallow('write'));
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task());
    unit.submit(fixture.task({ verb: 'enqueue' }, 3_000));
    await fixture.pass(3_000);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'expired', code: 'expired' } }]);
  });
});

describe('a unit that is removed', () => {
  it('has what waits refused, and is said goodbye to', async () => {
    fixture.put(swallow('write'));
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task());
    unit.submit(fixture.task());
    const removed = unit.remove();
    fixture.clock.advance(2_000);
    await removed;
    expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(['rejected', 'unknown']);
    const [goodbye] = fixture.requestsOf('goodbye');
    expect(goodbye?.body.case === 'goodbye' && goodbye.body.value.reason).toBe(GoodbyeReason.DONE);
  });
});
