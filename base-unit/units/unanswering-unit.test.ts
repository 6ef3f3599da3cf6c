import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import { swallow, UnitFixture } from '../testing/unit-fixture.ts';

let fixture: UnitFixture;
beforeEach(() => {
  fixture = new UnitFixture();
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

  it('gets the subscription again when it was busy', async () => {
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
  it('gives an invoke a separate try when it came during a failing one', async () => {
    fixture.put(swallow('hello'));
    const unit = await fixture.started(fixture.unitOf());
    await fixture.pass(4_500);
    unit.submit(fixture.task());
    fixture.put();
    await fixture.pass(500);
    expect(fixture.states().slice(0, 1)).toEqual([['lost', 'unit_timeout']]);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  });

  it('fails `invoke` at once if the unit is unreachable, and keeps the others', async () => {
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

  it('ends as unknown what must not be repeated, and marked that before it left', async () => {
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

  it('is sent again when that is safe, under the same tag', async () => {
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

  it('counts even when its answer comes late', async () => {
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

  it('is pinged after 10 s, and lost after 30 s of silence', async () => {
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

  it('is not sent after 20 s what must not be repeated, until it answers again', async () => {
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
