import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { GoodbyeReason, ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import { fixtureAddress, swallow, UnitFixture } from '../testing/unit-fixture.ts';

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

  it('asks a unit no more at once than it takes, which is four', async () => {
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

  it('lets a newer desired value take the place of one that waits', async () => {
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

  it('takes back a command that has not left, and only that', async () => {
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

describe('a slow or busy unit', () => {
  it('is not waited for longer than 15 s in all, however it spreads its delays', async () => {
    fixture.put({
      onSend: ({ requestId, body }, link) => {
        if (body.case !== 'hello' && body.case !== 'description') return false;
        fixture.clock.after(4_000, () => link.send(requestId, body));
        return true;
      },
    });
    await fixture.started(fixture.unitOf());
    await fixture.pass(14_900, 100);
    expect(fixture.states()).toEqual([]);
    await fixture.pass(200, 100);
    expect(fixture.states()).toEqual([['lost', 'unit_timeout']]);
  });

  it('is asked again to subscribe us when it was busy', async () => {
    let busy = 2;
    fixture.put(
      {
        onRequest: ({ requestId, body }, link) => {
          if (body.case !== 'subscribe' || busy === 0) return false;
          busy -= 1;
          const value = create(ResultSchema, { status: Status.BUSY });
          link.send(requestId, { case: 'result', value });
          return true;
        },
      },
      'light_sensor',
    );
    await fixture.started(fixture.unitOf());
    expect(busy).toBe(0);
    await fixture.pass(3_000);
    const pids = fixture
      .requestsOf('subscribe')
      .map(({ body }) => (body.case === 'subscribe' ? body.value.pid : 0));
    expect(pids.length).toBe(new Set(pids).size + 2);
  });
});

describe('a unit that does not answer', () => {
  it('gives an invoke a try of its own when it came during a failing one', async () => {
    fixture.put(swallow('hello'));
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(4_500);
    unit.submit(fixture.task());
    fixture.put();
    await fixture.pass(500);
    expect(fixture.states().slice(0, 1)).toEqual([['lost', 'unit_timeout']]);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  });

  it('fails `invoke` at once where nobody can be reached, and keeps the others', async () => {
    const unit = await fixture.started(fixture.unitOf());
    expect(fixture.states()).toEqual([['lost', 'unit_unreachable']]);
    const desired = fixture.task({ verb: 'set' }, null);
    unit.submit(fixture.task());
    unit.submit(desired);
    await fixture.settle();
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'failed', code: 'unit_unreachable' } }]);
    fixture.put();
    await fixture.pass(31_000);
    expect(fixture.ended[1]).toMatchObject({ task: desired, end: { outcome: 'succeeded' } });
    expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is looked for every few seconds for a while, and then every half minute at most', async () => {
    await fixture.started(fixture.unitOf());
    await fixture.pass(1_000, 250);
    expect(fixture.dials).toBeGreaterThanOrEqual(2);
    const triesIn = async (ms: number) => {
      const before = fixture.dials;
      await fixture.pass(ms);
      return fixture.dials - before;
    };
    expect(await triesIn(60_000)).toBeGreaterThanOrEqual(8);
    await fixture.pass(240_000);
    const late = await triesIn(120_000);
    expect(late).toBeGreaterThanOrEqual(4);
    expect(late).toBeLessThanOrEqual(9);
  });

  it('is given 5 s for its hello', async () => {
    fixture.put(swallow('hello'));
    await fixture.started(fixture.unitOf());
    await fixture.pass(4_900, 100);
    expect(fixture.states()).toEqual([]);
    await fixture.pass(200, 100);
    expect(fixture.states()).toEqual([['lost', 'unit_timeout']]);
  });

  it('leaves what must not be done twice in doubt, and marked that before it left', async () => {
    fixture.put({
      onRequest: ({ body }, link) => {
        if (body.case === 'invoke') link.drop();
        return body.case === 'invoke';
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    const reset = fixture.task({
      operation: 'invokeaction',
      affordance: 'uartWrite',
      input: { data: 'AA==' },
    });
    unit.submit(reset);
    await fixture.settle();
    expect(fixture.marked).toEqual([reset]);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'outcome_unknown' } }]);
    await fixture.pass(10_000);
    expect(fixture.requestsOf('invoke')).toHaveLength(1);
  });

  it('is not sent what could not be marked, and says that the disk was full', async () => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf());
    fixture.markFailure = new AppError('storage_full');
    unit.submit(
      fixture.task({
        operation: 'invokeaction',
        affordance: 'uartWrite',
        input: { data: 'AA==' },
      }),
    );
    await fixture.settle();
    expect(fixture.ended.map(({ end }) => end)).toEqual([
      { outcome: 'failed', code: 'storage_full' },
    ]);
    expect(fixture.requestsOf('invoke')).toEqual([]);
  });

  it('is asked again when that does no harm, under the same tag', async () => {
    let drops = 2;
    fixture.put({
      onRequest: ({ body }, link) => {
        if (body.case !== 'write' || drops === 0) return false;
        drops -= 1;
        link.drop();
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task());
    await fixture.pass(9_000, 100);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded', output: true } }]);
    const tags = fixture
      .requestsOf('write')
      .map(({ body }) => body.case === 'write' && body.value.tag);
    expect(tags).toHaveLength(3);
    expect(new Set(tags.map((tag) => tag && tag.commandId)).size).toBe(1);
    expect(fixture.marked).toEqual([]);
  });

  it('ends a command as unknown when its answer does not come in its time', async () => {
    fixture.put(swallow('write'));
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task({}, 4_000));
    await fixture.pass(4_000);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'unit_timeout' } }]);
  });

  it('is heard even when its answer comes late', async () => {
    const late: (() => void)[] = [];
    fixture.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'invoke') return false;
        late.push(() => {
          const value = create(ResultSchema, { status: Status.HARDWARE_ERROR });
          link.send(requestId, { case: 'result', value });
        });
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(
      fixture.task({ operation: 'invokeaction', affordance: 'reset', input: null }, 2_000),
    );
    await fixture.pass(2_500);
    expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(['unknown']);
    late[0]?.();
    await fixture.settle();
    expect(fixture.ended[1]?.end).toEqual({ outcome: 'failed', code: 'unit_hardware_error' });
  });

  it('is asked for a sign of life after 10 s, and lost after 30 s of silence', async () => {
    fixture.put(
      { onRequest: ({ body }) => body.case === 'ping' || body.case === 'subscribe' },
      'light_sensor',
    );
    await fixture.started(fixture.unitOf());
    await fixture.pass(10_000);
    expect(fixture.requestsOf('ping')).toHaveLength(1);
    await fixture.pass(19_000);
    expect(fixture.states()).toEqual([['ready', undefined]]);
    await fixture.pass(1_000);
    expect(fixture.states()[1]).toEqual(['lost', 'unit_timeout']);
  });

  it('is not sent after 20 s what must not be done twice, until it is heard again', async () => {
    let isDeaf = true;
    fixture.put(
      { onRequest: ({ body }) => body.case === 'subscribe' || (isDeaf && body.case === 'ping') },
      'light_sensor',
    );
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(20_000);
    const input = { data: 'AA==' };
    unit.submit(
      fixture.task({ operation: 'invokeaction', affordance: 'uartWrite', input }, 30_000),
    );
    await fixture.pass(9_000);
    expect(fixture.requestsOf('invoke')).toEqual([]);
    expect(fixture.ended).toEqual([]);
    isDeaf = false;
    await fixture.pass(3_000);
    expect(fixture.requestsOf('invoke')).toHaveLength(1);
    expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(['succeeded']);
  });

  it('may be too busy for a sign of life, which is one', async () => {
    const value = create(ResultSchema, { status: Status.BUSY });
    fixture.put(
      {
        onRequest: ({ requestId, body }, link) => {
          if (body.case === 'ping') link.send(requestId, { case: 'result', value });
          return body.case === 'ping' || body.case === 'subscribe';
        },
      },
      'light_sensor',
    );
    await fixture.started(fixture.unitOf());
    await fixture.pass(60_000);
    expect(fixture.requestsOf('ping').length).toBeGreaterThan(4);
    expect(fixture.states()).toEqual([['ready', undefined]]);
  });
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

  it('keeps its connection while it streams, and is told the time', async () => {
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

describe('the end of a session', () => {
  it('refuses what waits when the unit is removed, and says goodbye', async () => {
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
