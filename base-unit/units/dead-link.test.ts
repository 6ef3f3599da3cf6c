import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { GoodbyeReason, GoodbyeSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import { UnitScene } from '../testing/unit-scene.ts';

type TamperedLink = Parameters<NonNullable<Tampering['onRequest']>>[1];

let scene: UnitScene;
beforeEach(() => {
  scene = new UnitScene();
});

describe('a link that ends while it is being made', () => {
  const goodbye = create(GoodbyeSchema, { reason: GoodbyeReason.TAKEN_OVER });
  it.each<[string, (link: TamperedLink) => void, string]>([
    ['a goodbye', (link) => link.send(0, { case: 'goodbye', value: goodbye }), 'taken_over'],
    ['a bad byte', (link) => link.writeRaw(Uint8Array.of(0)), 'unit_protocol_error'],
    ['its end', (link) => link.drop(), 'unit_unreachable'],
  ])('by %s right behind the hello is not ready, and made again', async (_name, end, code) => {
    let hellos = 0;
    scene.put();
    await scene.started(scene.sessionOf());
    await scene.pass(2_000);
    // Known by now: nothing is asked between its hello and readiness.
    scene.put(
      {
        onSend: ({ requestId, body }, link) => {
          if (body.case !== 'hello') return false;
          hellos += 1;
          if (hellos > 1) return false;
          link.send(requestId, body);
          end(link);
          return true;
        },
      },
      'lamp',
    );
    await scene.pass(60_000);
    expect(hellos).toBe(2);
    expect(scene.states().slice(1)).toEqual([
      ['lost', code],
      ['ready', undefined],
    ]);
  });

  it('leaves a command to the next one', async () => {
    let hellos = 0;
    scene.put({
      onSend: ({ requestId, body }, link) => {
        if (body.case !== 'hello') return false;
        hellos += 1;
        if (hellos > 1) return false;
        link.send(requestId, body);
        link.send(0, { case: 'goodbye', value: goodbye });
        return true;
      },
    });
    const session = await scene.started(scene.sessionOf());
    session.submit(scene.task({ verb: 'set' }, null));
    await scene.pass(5_000, 100);
    expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
    expect(scene.ended[0]?.task.attempts).toBe(1);
  });
});
