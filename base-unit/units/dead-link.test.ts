import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { GoodbyeReason, GoodbyeSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import { UnitFixture } from '../testing/unit-fixture.ts';

type TamperedLink = Parameters<NonNullable<Tampering['onRequest']>>[1];

let fixture: UnitFixture;
beforeEach(() => {
  fixture = new UnitFixture();
});

describe('a link that ends while it is being made', () => {
  const goodbye = create(GoodbyeSchema, { reason: GoodbyeReason.TAKEN_OVER });
  it.each<[string, (link: TamperedLink) => void, string]>([
    ['a goodbye', (link) => link.send(0, { case: 'goodbye', value: goodbye }), 'taken_over'],
    ['a bad byte', (link) => link.writeRaw(Uint8Array.of(0)), 'unit_protocol_error'],
    ['its end', (link) => link.drop(), 'unit_unreachable'],
  ])('by %s right behind the hello is not ready, and made again', async (_name, end, code) => {
    let hellos = 0;
    fixture.put();
    await fixture.started(fixture.unitOf());
    await fixture.pass(2_000);
    // Known by now: nothing is asked between its hello and readiness.
    fixture.put(
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
    await fixture.pass(60_000);
    expect(hellos).toBe(2);
    expect(fixture.states().slice(1)).toEqual([
      ['lost', code],
      ['ready', undefined],
    ]);
  });

  it('leaves a command to the next one', async () => {
    let hellos = 0;
    fixture.put({
      onSend: ({ requestId, body }, link) => {
        if (body.case !== 'hello') return false;
        hellos += 1;
        if (hellos > 1) return false;
        link.send(requestId, body);
        link.send(0, { case: 'goodbye', value: goodbye });
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task({ verb: 'set' }, null));
    await fixture.pass(5_000, 100);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
    expect(fixture.ended[0]?.task.attempts).toBe(1);
  });
});
