import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { GoodbyeReason, ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import { sceneAddress, swallow, UnitScene } from '../testing/unit-scene.ts';

let scene: UnitScene;
beforeEach(() => {
  scene = new UnitScene();
});

describe('a session with a unit on demand', () => {
  it('looks after the unit, subscribes, and leaves it alone again', async () => {
    scene.put();
    const session = await scene.started(scene.sessionOf());
    expect(scene.states()).toEqual([['ready', undefined]]);
    expect(scene.readings.map(({ property }) => property).sort()).toEqual([
      'brightness',
      'color',
      'on',
      'rssi',
    ]);
    await scene.pass(1_000);
    expect(session.isConnected).toBe(false);
    expect(scene.requestsOf('goodbye')).toHaveLength(1);
    await scene.pass(60_000);
    expect(scene.dials).toBe(2);
    expect(scene.states()).toHaveLength(1);
  });

  it('does not ask a known unit for its description again', async () => {
    const unit = scene.put();
    await scene.started(scene.sessionOf());
    const asked = scene.requestsOf('describe').length;
    expect(asked).toBe(unit.affordances().length);
    await scene.pass(62_000);
    expect(scene.dials).toBe(2);
    expect(scene.requestsOf('describe')).toHaveLength(asked);
  });

  it('asks a unit no more at once than it takes, which is four', async () => {
    scene.put({ onRequest: ({ body }) => body.case === 'describe' && body.value.index > 0 });
    await scene.started(scene.sessionOf());
    const indexes = scene
      .requestsOf('describe')
      .map(({ body }) => body.case === 'describe' && body.value.index);
    expect(indexes).toEqual([0, 1, 2, 3, 4]);
  });

  it('connects for a command, stays 8 s for more, then says goodbye', async () => {
    scene.put();
    const session = await scene.started(scene.sessionOf());
    await scene.pass(2_000);
    session.submit(scene.task());
    await scene.settle();
    expect(scene.ended[0]?.end).toEqual({ outcome: 'succeeded', output: true });
    await scene.pass(7_500);
    session.submit(scene.task({ affordance: 'color', input: '#010203' }));
    await scene.settle();
    expect(scene.ended[1]?.end).toEqual({ outcome: 'succeeded', output: '#010203' });
    expect(scene.dials).toBe(2);
    await scene.pass(7_500);
    expect(session.isConnected).toBe(true);
    await scene.pass(1_000);
    expect(session.isConnected).toBe(false);
  });

  it('stays until a fade has scene.ended, and reports its last step', async () => {
    scene.put();
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task({ affordance: 'brightness', input: 0, transitionMs: 20_000 }));
    await scene.pass(21_000, 50);
    const brightness = scene.readings.filter(({ property }) => property === 'brightness');
    expect(brightness.at(-1)?.value).toBe(0);
    expect(brightness.length).toBeGreaterThan(20);
  });

  it('sends one command at a time, in their order', async () => {
    const answers: (() => void)[] = [];
    scene.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        answers.push(() => {
          const value = create(ResultSchema, { status: Status.OK });
          link.send(requestId, { case: 'result', value });
        });
        return true;
      },
    });
    const session = await scene.started(scene.sessionOf());
    const tasks = [1, 2, 3].map((input) => scene.task({ affordance: 'brightness', input }));
    for (const one of tasks) session.submit(one);
    for (let count = 1; count <= 3; count += 1) {
      await scene.settle();
      expect(answers).toHaveLength(count);
      answers[count - 1]?.();
    }
    await scene.settle();
    expect(scene.ended.map((one) => one.task)).toEqual(tasks);
  });

  it('refuses the 51st waiting command', async () => {
    scene.put(swallow('write'));
    const session = await scene.started(scene.sessionOf());
    for (let count = 0; count < 52; count += 1) session.submit(scene.task());
    expect(scene.ended).toMatchObject([{ end: { outcome: 'rejected', code: 'queue_full' } }]);
  });

  it('lets a newer wish take the place of one that waits', async () => {
    scene.put(swallow('write'));
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task());
    const [older, newer] = [1, 2].map((input) =>
      scene.task({ verb: 'set', affordance: 'brightness', input }, null),
    );
    if (!older || !newer) throw new Error();
    session.submit(older);
    session.submit(newer);
    expect(scene.ended).toMatchObject([{ task: older, end: { outcome: 'superseded' } }]);
  });

  it('takes back a command that has not left, and only that', async () => {
    scene.put(swallow('write'));
    const session = await scene.started(scene.sessionOf());
    const [sent, waiting] = [scene.task(), scene.task()];
    session.submit(sent);
    session.submit(waiting);
    expect(session.cancel(sent.command.id)).toBe(false);
    expect(session.cancel(waiting.command.id)).toBe(true);
    expect(scene.ended).toMatchObject([{ task: waiting, end: { outcome: 'cancelled' } }]);
  });

  it('ends a waiting command when its time is over', async () => {
    scene.put(swallow('write'));
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task());
    session.submit(scene.task({ verb: 'enqueue' }, 3_000));
    await scene.pass(3_000);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'expired', code: 'expired' } }]);
  });
});

describe('a slow or busy unit', () => {
  it('is not waited for longer than 15 s in all, however it spreads its delays', async () => {
    scene.put({
      onSend: ({ requestId, body }, link) => {
        if (body.case !== 'hello' && body.case !== 'description') return false;
        scene.clock.after(4_000, () => link.send(requestId, body));
        return true;
      },
    });
    await scene.started(scene.sessionOf());
    await scene.pass(14_900, 100);
    expect(scene.states()).toEqual([]);
    await scene.pass(200, 100);
    expect(scene.states()).toEqual([['lost', 'unit_timeout']]);
  });

  it('is asked again to subscribe us when it was busy', async () => {
    let busy = 2;
    scene.put(
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
    await scene.started(scene.sessionOf());
    expect(busy).toBe(0);
    await scene.pass(3_000);
    const pids = scene
      .requestsOf('subscribe')
      .map(({ body }) => (body.case === 'subscribe' ? body.value.pid : 0));
    expect(pids.length).toBe(new Set(pids).size + 2);
  });
});

describe('a unit that does not answer', () => {
  it('gives an invoke a try of its own when it came during a failing one', async () => {
    scene.put(swallow('hello'));
    const session = await scene.started(scene.sessionOf());
    await scene.pass(4_500);
    session.submit(scene.task());
    scene.put();
    await scene.pass(500);
    expect(scene.states().slice(0, 1)).toEqual([['lost', 'unit_timeout']]);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  });

  it('fails `invoke` at once where nobody can be reached, and keeps the others', async () => {
    const session = await scene.started(scene.sessionOf());
    expect(scene.states()).toEqual([['lost', 'unit_unreachable']]);
    const desired = scene.task({ verb: 'set' }, null);
    session.submit(scene.task());
    session.submit(desired);
    await scene.settle();
    expect(scene.ended).toMatchObject([{ end: { outcome: 'failed', code: 'unit_unreachable' } }]);
    scene.put();
    await scene.pass(31_000);
    expect(scene.ended[1]).toMatchObject({ task: desired, end: { outcome: 'succeeded' } });
    expect(scene.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is looked for every few seconds for a while, and then every half minute at most', async () => {
    await scene.started(scene.sessionOf());
    await scene.pass(1_000, 250);
    expect(scene.dials).toBeGreaterThanOrEqual(2);
    const triesIn = async (ms: number) => {
      const before = scene.dials;
      await scene.pass(ms);
      return scene.dials - before;
    };
    expect(await triesIn(60_000)).toBeGreaterThanOrEqual(8);
    await scene.pass(240_000);
    const late = await triesIn(120_000);
    expect(late).toBeGreaterThanOrEqual(4);
    expect(late).toBeLessThanOrEqual(9);
  });

  it('is given 5 s for its hello', async () => {
    scene.put(swallow('hello'));
    await scene.started(scene.sessionOf());
    await scene.pass(4_900, 100);
    expect(scene.states()).toEqual([]);
    await scene.pass(200, 100);
    expect(scene.states()).toEqual([['lost', 'unit_timeout']]);
  });

  it('leaves what must not be done twice in doubt, and marked that before it left', async () => {
    scene.put({
      onRequest: ({ body }, link) => {
        if (body.case === 'invoke') link.drop();
        return body.case === 'invoke';
      },
    });
    const session = await scene.started(scene.sessionOf());
    const reset = scene.task({
      operation: 'invokeaction',
      affordance: 'uartWrite',
      input: { data: 'AA==' },
    });
    session.submit(reset);
    await scene.settle();
    expect(scene.marked).toEqual([reset]);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'in_doubt' } }]);
    await scene.pass(10_000);
    expect(scene.requestsOf('invoke')).toHaveLength(1);
  });

  it('is not sent what could not be marked, and says that the disk was full', async () => {
    scene.put();
    const session = await scene.started(scene.sessionOf());
    scene.markFailure = new AppError('storage_full');
    session.submit(
      scene.task({
        operation: 'invokeaction',
        affordance: 'uartWrite',
        input: { data: 'AA==' },
      }),
    );
    await scene.settle();
    expect(scene.ended.map(({ end }) => end)).toEqual([
      { outcome: 'failed', code: 'storage_full' },
    ]);
    expect(scene.requestsOf('invoke')).toEqual([]);
  });

  it('is asked again when that does no harm, under the same tag', async () => {
    let drops = 2;
    scene.put({
      onRequest: ({ body }, link) => {
        if (body.case !== 'write' || drops === 0) return false;
        drops -= 1;
        link.drop();
        return true;
      },
    });
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task());
    await scene.pass(9_000, 100);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded', output: true } }]);
    const tags = scene
      .requestsOf('write')
      .map(({ body }) => body.case === 'write' && body.value.tag);
    expect(tags).toHaveLength(3);
    expect(new Set(tags.map((tag) => tag && tag.commandId)).size).toBe(1);
    expect(scene.marked).toEqual([]);
  });

  it('ends a command as unknown when its answer does not come in its time', async () => {
    scene.put(swallow('write'));
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task({}, 4_000));
    await scene.pass(4_000);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'unit_timeout' } }]);
  });

  it('is heard even when its answer comes late', async () => {
    const late: (() => void)[] = [];
    scene.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'invoke') return false;
        late.push(() => {
          const value = create(ResultSchema, { status: Status.HARDWARE_ERROR });
          link.send(requestId, { case: 'result', value });
        });
        return true;
      },
    });
    const session = await scene.started(scene.sessionOf());
    session.submit(
      scene.task({ operation: 'invokeaction', affordance: 'reset', input: null }, 2_000),
    );
    await scene.pass(2_500);
    expect(scene.ended.map(({ end }) => end.outcome)).toEqual(['unknown']);
    late[0]?.();
    await scene.settle();
    expect(scene.ended[1]?.end).toEqual({ outcome: 'failed', code: 'unit_hardware_error' });
  });

  it('is asked for a sign of life after 10 s, and lost after 30 s of silence', async () => {
    scene.put(
      { onRequest: ({ body }) => body.case === 'ping' || body.case === 'subscribe' },
      'light_sensor',
    );
    await scene.started(scene.sessionOf());
    await scene.pass(10_000);
    expect(scene.requestsOf('ping')).toHaveLength(1);
    await scene.pass(19_000);
    expect(scene.states()).toEqual([['ready', undefined]]);
    await scene.pass(1_000);
    expect(scene.states()[1]).toEqual(['lost', 'unit_timeout']);
  });

  it('is not sent after 20 s what must not be done twice, until it is heard again', async () => {
    let isDeaf = true;
    scene.put(
      { onRequest: ({ body }) => body.case === 'subscribe' || (isDeaf && body.case === 'ping') },
      'light_sensor',
    );
    const session = await scene.started(scene.sessionOf());
    await scene.pass(20_000);
    const input = { data: 'AA==' };
    session.submit(
      scene.task({ operation: 'invokeaction', affordance: 'uartWrite', input }, 30_000),
    );
    await scene.pass(9_000);
    expect(scene.requestsOf('invoke')).toEqual([]);
    expect(scene.ended).toEqual([]);
    isDeaf = false;
    await scene.pass(3_000);
    expect(scene.requestsOf('invoke')).toHaveLength(1);
    expect(scene.ended.map(({ end }) => end.outcome)).toEqual(['succeeded']);
  });

  it('may be too busy for a sign of life, which is one', async () => {
    const value = create(ResultSchema, { status: Status.BUSY });
    scene.put(
      {
        onRequest: ({ requestId, body }, link) => {
          if (body.case === 'ping') link.send(requestId, { case: 'result', value });
          return body.case === 'ping' || body.case === 'subscribe';
        },
      },
      'light_sensor',
    );
    await scene.started(scene.sessionOf());
    await scene.pass(60_000);
    expect(scene.requestsOf('ping').length).toBeGreaterThan(4);
    expect(scene.states()).toEqual([['ready', undefined]]);
  });
});

describe('a unit that comes and goes', () => {
  it('is disconnected when it says goodbye, and ready again with its next boot', async () => {
    const unit = scene.put({}, 'light_sensor');
    await scene.started(scene.sessionOf());
    unit.restart();
    await scene.settle();
    expect(scene.states().at(-1)).toEqual(['disconnected', undefined]);
    await scene.pass(1_000);
    expect(scene.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is lost when its link breaks', async () => {
    const unit = scene.put({}, 'light_sensor');
    await scene.started(scene.sessionOf());
    scene.transport.remove(sceneAddress);
    await scene.settle();
    expect(scene.states().at(-1)).toEqual(['lost', undefined]);
    scene.transport.put(sceneAddress, unit);
    await scene.pass(1_000);
    expect(scene.states().at(-1)).toEqual(['ready', undefined]);
  });

  it('keeps its connection while it streams, and is told the time', async () => {
    scene.put({}, 'light_sensor');
    const session = await scene.started(scene.sessionOf());
    await scene.pass(65_000);
    expect(session.isConnected).toBe(true);
    expect(scene.dials).toBe(1);
    expect(scene.requestsOf('time')).toHaveLength(1);
    expect(
      scene.readings.filter(({ property }) => property === 'illuminance').length,
    ).toBeGreaterThan(60);
  });

  it('keeps the times of its readings when the wall clock jumps', async () => {
    scene.put({}, 'light_sensor');
    await scene.started(scene.sessionOf());
    await scene.pass(5_000);
    scene.clock.set(scene.clock.nowMs() + 86_400_000);
    await scene.pass(5_000);
    for (const { measuredAtMs, receivedAtMs } of scene.readings) {
      expect(receivedAtMs - measuredAtMs).toBeLessThan(1_100);
    }
  });
});

describe('the end of a session', () => {
  it('refuses what waits when the unit is removed, and says goodbye', async () => {
    scene.put(swallow('write'));
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task());
    session.submit(scene.task());
    const removed = session.remove();
    scene.clock.advance(2_000);
    await removed;
    expect(scene.ended.map(({ end }) => end.outcome)).toEqual(['rejected', 'unknown']);
    const [goodbye] = scene.requestsOf('goodbye');
    expect(goodbye?.body.case === 'goodbye' && goodbye.body.value.reason).toBe(GoodbyeReason.DONE);
  });
});
