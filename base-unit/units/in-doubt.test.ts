import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import { UnitScene } from '../testing/unit-scene.ts';

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

  it('is in doubt when it is refused at its repetition without being sent', async () => {
    scene.put();
    const session = await scene.started(scene.sessionOf());
    session.submit({ ...scene.task({ input: 'no boolean' }), isInDoubt: true });
    await scene.settle();
    expect(scene.ended).toMatchObject([{ end: { outcome: 'unknown', code: 'in_doubt' } }]);
  });

  it('is in doubt when its unit is removed', async () => {
    const session = await scene.started(scene.sessionOf());
    session.submit({ ...scene.task({ verb: 'enqueue' }), isInDoubt: true });
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
