import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import { UnitScene } from '../testing/unit-scene.ts';
import type { UnitSession } from './unit-session.ts';

type TamperedLink = Parameters<NonNullable<Tampering['onRequest']>>[1];

let scene: UnitScene;
beforeEach(() => {
  scene = new UnitScene();
});

function answer(link: TamperedLink, requestId: number, status: Status): void {
  link.send(requestId, { case: 'result', value: create(ResultSchema, { status }) });
}

/** The first write is swallowed with its link; each later one is answered so. */
function loseThenAnswer(status: Status): void {
  let writes = 0;
  scene.put({
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
      const session = await scene.started(scene.sessionOf());
      session.submit(scene.task());
      await scene.pass(5_000, 100);
      expect(scene.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'in_doubt' } }]);
    },
  );

  it('is still in doubt when its time runs out between busy answers', async () => {
    loseThenAnswer(Status.BUSY);
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task({ verb: 'enqueue' }, 1_500));
    await scene.pass(5_000, 100);
    expect(scene.ended.map(({ end }) => end.outcome)).toEqual(['unknown']);
  });

  it('is written again and again to a busy unit while its time lasts, and done in the end', async () => {
    let busy = 12;
    scene.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write' || busy === 0) return false;
        busy -= 1;
        answer(link, requestId, Status.BUSY);
        return true;
      },
    });
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task({ verb: 'enqueue' }, 3_600_000));
    await scene.pass(60_000);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  });

  it('is in doubt when it is refused at its repetition without being sent', async () => {
    scene.put();
    const session = await scene.started(scene.sessionOf());
    session.submit({ ...scene.task({ input: 'no boolean' }), mayHaveRun: true });
    await scene.settle();
    expect(scene.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'in_doubt' } }]);
  });

  it('is in doubt when its unit is removed', async () => {
    const session = await scene.started(scene.sessionOf());
    session.submit({ ...scene.task({ verb: 'enqueue' }), mayHaveRun: true });
    await session.remove();
    expect(scene.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'in_doubt' } }]);
  });
});

describe('a late answer to an attempt before the one under way', () => {
  /** The first write is answered when the test says so, after it was given up. */
  async function twoAttempts(status: Status): Promise<() => Promise<void>> {
    const held: (() => void)[] = [];
    let writes = 0;
    scene.put(
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
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task({ verb: 'enqueue' }, 60_000));
    await scene.pass(10_500);
    expect(held).toHaveLength(2);
    return async () => {
      held.shift()?.();
      await scene.settle();
    };
  }

  it.each([Status.BUSY, Status.EXPIRED, Status.DENIED])(
    'ends nothing when it is of status %i',
    async (status) => {
      const late = await twoAttempts(status);
      scene.ended.length = 0;
      await late();
      expect(scene.ended.filter(({ end }) => end.outcome !== 'succeeded')).toEqual([]);
    },
  );

  it('ends the command, once, when it tells of success', async () => {
    const next = await twoAttempts(Status.OK);
    await next();
    await next();
    expect(scene.ended.map(({ end }) => end.outcome)).toEqual(['succeeded']);
  });
});

describe('a wish that the unit does not answer', () => {
  const desired = (input: number) =>
    scene.task({ verb: 'set', affordance: 'brightness', input }, null);

  /** The unit takes writes of the brightness only once the test says so. */
  async function deafTo(): Promise<{ hears: boolean; readonly session: UnitSession }> {
    const unit = { hears: false };
    scene.put({
      onRequest: ({ body }, link) => {
        const isDeaf = body.case === 'write' && body.value.pid === 3 && !unit.hears;
        if (isDeaf) link.drop();
        return isDeaf;
      },
    });
    const session = await scene.started(scene.sessionOf());
    return Object.assign(unit, { session });
  }

  it('stands, is tried less and less often, and is fulfilled in the end', async () => {
    const unit = await deafTo();
    unit.session.submit(desired(7));
    await scene.pass(3_600_000);
    const tries = scene.requestsOf('write').length;
    expect(scene.ended).toEqual([]);
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThan(20);
    unit.hears = true;
    await scene.pass(600_000);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded', output: 7 } }]);
  });

  it('holds up no other command while it rests', async () => {
    const { session } = await deafTo();
    session.submit(desired(7));
    await scene.pass(120_000);
    session.submit(scene.task());
    await scene.pass(1_000, 100);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded', output: true } }]);
    expect(session.waiting).toBe(1);
  });

  it('never undoes a newer write of the same property', async () => {
    const unit = await deafTo();
    const older = desired(7);
    unit.session.submit(older);
    await scene.pass(120_000);
    unit.hears = true;
    const newer = scene.task({ affordance: 'brightness', input: 9 });
    unit.session.submit(newer);
    await scene.pass(3_600_000);
    expect(scene.ended).toMatchObject([
      { task: older, end: { outcome: 'unknown', code: 'in_doubt' } },
      { task: newer, end: { outcome: 'succeeded', output: 9 } },
    ]);
  });

  it('can be taken back while it rests', async () => {
    const { session } = await deafTo();
    const one = desired(7);
    session.submit(one);
    await scene.pass(120_000);
    expect(session.cancel(one.command.id)).toBe(true);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'in_doubt' } }]);
  });
});
