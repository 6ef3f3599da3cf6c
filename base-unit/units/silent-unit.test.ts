import { expect, it } from 'vitest';
import { UnitFixture } from '../testing/unit-fixture.ts';

/** A unit whose packets go nowhere from some moment on, as those of one that has another address. */
function fixture() {
  const made = new UnitFixture();
  let isGone = false;
  made.put({ onRequest: () => isGone, onSend: () => isGone });
  let looks = 0;
  Object.defineProperty(made, 'discovered', {
    get: () => {
      looks += 1;
      return [];
    },
  });
  return { made, leave: () => (isGone = true), looks: () => looks };
}

it('is lost by the time that a command to it has timed out, and looked for at once', async () => {
  const { made, leave, looks } = fixture();
  const unit = await made.started(made.unitOf());
  leave();
  unit.submit(made.task({ verb: 'set' }, null));
  await made.pass(9_000);
  expect(made.states().at(-1)).toEqual(['ready', undefined]);
  const before = looks();
  await made.pass(1_000);
  expect(made.states().at(-1)).toEqual(['lost', 'unit_timeout']);
  expect(looks()).toBeGreaterThan(before);
});

it('is lost within seconds of a command with little time', async () => {
  const { made, leave } = fixture();
  const unit = await made.started(made.unitOf());
  leave();
  unit.submit(made.task({ verb: 'invoke' }, 1_000));
  await made.pass(6_000);
  expect(made.states().at(-1)).toEqual(['lost', 'unit_timeout']);
});

it('stays where it leaves a command unanswered and says that it is there', async () => {
  const made = new UnitFixture();
  made.put({ onRequest: ({ body }) => body.case === 'write' });
  const unit = await made.started(made.unitOf());
  unit.submit(made.task({ verb: 'invoke' }));
  await made.pass(10_000);
  expect(made.ended).toMatchObject([{ end: { outcome: 'unknown' } }]);
  expect(made.states().at(-1)).toEqual(['ready', undefined]);
});
