import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import { UnitFixture } from '../testing/unit-fixture.ts';
import type { Unit } from './unit.ts';

type TamperedLink = Parameters<NonNullable<Tampering['onRequest']>>[1];

let fixture: UnitFixture;
beforeEach(() => {
  fixture = new UnitFixture();
});

function answer(link: TamperedLink, requestId: number, status: Status): void {
  link.send(requestId, { case: 'result', value: create(ResultSchema, { status }) });
}

/** The first write is swallowed with its link; each later one is answered so. */
function loseThenAnswer(status: Status): void {
  let writes = 0;
  fixture.put({
    onRequest: ({ requestId, body }, link) => {
      if (body.case !== 'write') return false;
      writes += 1;
      if (writes === 1) link.drop();
      else answer(link, requestId, status);
      return true;
    },
  });
}

describe('a command that was written once and not answered', () => {
  it.each([Status.BUSY, Status.NO_MEMORY, Status.EXPIRED])(
    'is not said to have failed by an answer of status %i to its repetition',
    async (status) => {
      loseThenAnswer(status);
      const unit = await fixture.started(fixture.unitOf());
      unit.submit(fixture.task());
      await fixture.pass(5_000, 100);
      expect(fixture.ended).toMatchObject([
        { end: { outcome: 'unknown', code: 'outcome_unknown' } },
      ]);
    },
  );

  it('is still unknown when it expires between busy answers', async () => {
    loseThenAnswer(Status.BUSY);
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task({ verb: 'enqueue' }, 1_500));
    await fixture.pass(5_000, 100);
    expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(['unknown']);
  });

  it('is written again and again to a busy unit while its time lasts, and done in the end', async () => {
    let busy = 12;
    fixture.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write' || busy === 0) return false;
        busy -= 1;
        answer(link, requestId, Status.BUSY);
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task({ verb: 'enqueue' }, 3_600_000));
    await fixture.pass(60_000);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  });

  it('is unknown when its retry is refused without being sent', async () => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf());
    unit.submit({ ...fixture.task({ input: 'no boolean' }), mayHaveRun: true });
    await fixture.settle();
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'outcome_unknown' } }]);
  });

  it('is unknown when its unit is removed', async () => {
    const unit = await fixture.started(fixture.unitOf());
    unit.submit({ ...fixture.task({ verb: 'enqueue' }), mayHaveRun: true });
    await unit.remove();
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'outcome_unknown' } }]);
  });
});

describe('a late answer to an attempt before the one under way', () => {
  /** The first write is answered when the test says so, after it was given up. */
  async function twoAttempts(status: Status): Promise<() => Promise<void>> {
    const held: (() => void)[] = [];
    let writes = 0;
    fixture.put(
      {
        onRequest: ({ requestId, body }, link) => {
          if (body.case !== 'write') return false;
          writes += 1;
          const its = writes === 1 ? status : Status.OK;
          held.push(() => {
            answer(link, requestId, its);
          });
          return true;
        },
      },
      'lamp',
    );
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task({ verb: 'enqueue' }, 60_000));
    await fixture.pass(10_500);
    expect(held).toHaveLength(2);
    return async () => {
      held.shift()?.();
      await fixture.settle();
    };
  }

  it.each([Status.BUSY, Status.EXPIRED, Status.DENIED])(
    'ends nothing when it is of status %i',
    async (status) => {
      const late = await twoAttempts(status);
      fixture.ended.length = 0;
      await late();
      expect(fixture.ended.filter(({ end }) => end.outcome !== 'succeeded')).toEqual([]);
    },
  );

  it('ends the command, once, when it is a success', async () => {
    const next = await twoAttempts(Status.OK);
    await next();
    await next();
    expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(['succeeded']);
  });
});

describe('a desired value that the unit does not answer', () => {
  const desired = (input: number) =>
    fixture.task({ verb: 'set', affordance: 'brightness', input }, null);

  /** The unit takes writes of the brightness only once the test says so. */
  async function deafTo(): Promise<{ hears: boolean; readonly unit: Unit }> {
    const virtual = { hears: false };
    fixture.put({
      onRequest: ({ body }, link) => {
        const isDeaf = body.case === 'write' && body.value.pid === 3 && !virtual.hears;
        if (isDeaf) link.drop();
        return isDeaf;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    return Object.assign(virtual, { unit: unit });
  }

  it('lasts, is retried less and less often, and is reached in the end', async () => {
    const virtual = await deafTo();
    virtual.unit.submit(desired(7));
    await fixture.pass(3_600_000);
    const tries = fixture.requestsOf('write').length;
    expect(fixture.ended).toEqual([]);
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThan(20);
    virtual.hears = true;
    await fixture.pass(600_000);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded', output: 7 } }]);
  });

  it('holds up no other command while it rests', async () => {
    const { unit } = await deafTo();
    unit.submit(desired(7));
    await fixture.pass(120_000);
    unit.submit(fixture.task());
    await fixture.pass(1_000, 100);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded', output: true } }]);
    expect(unit.waiting).toBe(1);
  });

  it('never undoes a newer write of the same property', async () => {
    const virtual = await deafTo();
    const older = desired(7);
    virtual.unit.submit(older);
    await fixture.pass(120_000);
    virtual.hears = true;
    const newer = fixture.task({ affordance: 'brightness', input: 9 });
    virtual.unit.submit(newer);
    await fixture.pass(3_600_000);
    expect(fixture.ended).toMatchObject([
      { task: older, end: { outcome: 'unknown', code: 'outcome_unknown' } },
      { task: newer, end: { outcome: 'succeeded', output: 9 } },
    ]);
  });

  it('can be cancelled while it backs off', async () => {
    const { unit } = await deafTo();
    const one = desired(7);
    unit.submit(one);
    await fixture.pass(120_000);
    expect(unit.cancel(one.command.id)).toBe(true);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'outcome_unknown' } }]);
  });
});
