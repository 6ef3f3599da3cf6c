import fc from 'fast-check';
import type { CommandOutcome } from '#protocol/command/command-state.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import type { DeliveryFixture } from './delivery-fixture.ts';
import { turn } from './model-hub.ts';

/** One thing that happens; several may happen in the same turn of the event loop. */
export interface DeliveryStep {
  readonly run: (fixture: DeliveryFixture) => Promise<void> | void;
  readonly name: string;
}

const pick = fc.nat({ max: 40 });
const unit = fc.constantFrom(0, 1);
const ways = fc.constantFrom('toBase' as const, 'toHub' as const);

const REQUESTS: readonly CommandRequest[] = [
  { verb: 'invoke', affordance: 'reset' },
  { verb: 'invoke', affordance: 'brightness', input: 3, ttlMs: 1_000 },
  { verb: 'set', affordance: 'on', input: true },
  { verb: 'set', affordance: 'brightness', input: 40 },
  { verb: 'set', affordance: 'brightness', input: 50, ttlMs: 60_000 },
  { verb: 'enqueue', affordance: 'brightness', input: 60 },
  { verb: 'enqueue', affordance: 'blink', input: { times: 2 }, ttlMs: 5_000 },
  { verb: 'enqueue', affordance: 'temperature' },
];

const OUTCOMES: readonly CommandOutcome[] = ['succeeded', 'failed', 'rejected', 'unknown'];

function step(name: string, run: DeliveryStep['run']): DeliveryStep {
  return { name, run, ...{ [fc.toStringMethod]: () => name } };
}

const issue = fc
  .tuple(unit, fc.constantFrom(...REQUESTS), fc.constantFrom('none', 'id', 'key'), fc.nat(3))
  .map(([to, request, naming, copies]) =>
    step(`issue ${request.verb} ${request.affordance} by ${naming}, ${copies} more`, (fixture) => {
      const id = newId(CommandId);
      fixture.issue({
        unit: to,
        request: naming === 'id' ? { ...request, id } : request,
        idempotencyKey: naming === 'key' ? `key ${id}` : undefined,
      });
      // Retried before the first answer arrived.
      if (naming === 'none') return;
      for (let copy = 0; copy < copies; copy += 1) fixture.repeat(fixture.intents.length - 1);
    }),
  );

const burst = fc.tuple(unit, fc.integer({ min: 20, max: 60 })).map(([to, count]) =>
  step(`burst of ${count} to ${to}`, (fixture) => {
    const request = { verb: 'enqueue', affordance: 'brightness', input: 1 } as const;
    for (let index = 0; index < count; index += 1) {
      fixture.issue({ unit: to, request, idempotencyKey: undefined });
    }
  }),
);

const post = fc
  .tuple(fc.array(pick, { minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([picks, isAnswerLost]) =>
    step(`post ${picks.join()}${isAnswerLost ? ', answer lost' : ''}`, (fixture) => {
      const { events } = fixture.base;
      const some = picks.flatMap((index) => events[events.length - 1 - index] ?? []);
      fixture.post(some, isAnswerLost);
    }),
  );

const advance = fc
  .constantFrom(50, 100, 900, 1_000, 4_000, 5_000, 10_000, 30_000, 3_600_000)
  .map((ms) => step(`${ms} ms pass`, (fixture) => fixture.hub.clock.advance(ms)));

/** A command that the base is given and executes, of which the hub hears nothing until its time is over. */
const unheard = fc
  .tuple(unit, fc.constantFrom(...REQUESTS), fc.constantFrom(...OUTCOMES), fc.boolean())
  .map(([to, request, outcome, isCut]) =>
    step(`unheard ${outcome} of ${request.verb} ${request.affordance}`, (fixture) =>
      fixture.executeUnheard({ unit: to, request, outcome, isCut }),
    ),
  );

/** Any step, the everyday ones more often. */
export const anyStep: fc.Arbitrary<DeliveryStep> = fc.oneof(
  { weight: 8, arbitrary: issue },
  { weight: 1, arbitrary: burst },
  { weight: 2, arbitrary: unheard },
  { weight: 4, arbitrary: pick.map((n) => step(`repeat ${n}`, (fixture) => fixture.repeat(n))) },
  {
    weight: 1,
    arbitrary: pick.map((n) =>
      step(`ask otherwise ${n}`, (fixture) => fixture.issueConflicting(n)),
    ),
  },
  { weight: 2, arbitrary: pick.map((n) => step(`cancel ${n}`, (fixture) => fixture.cancel(n))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(pick, fc.constantFrom(1_000, 30_000))
      .map(([n, ms]) => step(`wait for ${n}`, (fixture) => fixture.wait(n, ms))),
  },
  { weight: 4, arbitrary: fc.constant(step('connect', (fixture) => fixture.connect())) },
  { weight: 1, arbitrary: fc.constant(step('cut', (fixture) => fixture.link?.cut())) },
  {
    weight: 1,
    arbitrary: fc.constant(step('the hub sees the cut', (fixture) => fixture.link?.closeAtHub())),
  },
  {
    weight: 10,
    arbitrary: fc
      .tuple(ways, fc.integer({ min: 1, max: 4 }))
      .map(([way, n]) => step(`${n} messages ${way}`, (fixture) => fixture.link?.deliver(way, n))),
  },
  { weight: 1, arbitrary: fc.constant(step('resume', (fixture) => fixture.link?.resume())) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('behind' as const, 'ahead' as const, 'elsewhere' as const, 'nowhere' as const)
      .map((place) => step(`resume ${place}`, (fixture) => fixture.resumeAt(place))),
  },
  {
    weight: 1,
    arbitrary: pick.map((n) => step(`progress ${n}`, (fixture) => fixture.progress(n))),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(pick, fc.constantFrom(...OUTCOMES))
      .map(([n, end]) => step(`execute ${n}: ${end}`, (fixture) => fixture.execute(n, end))),
  },
  {
    weight: 1,
    arbitrary: pick.map((n) =>
      step(`late answer ${n}`, (fixture) => fixture.base.answerLate(n, fixture.nowMs)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isFull) =>
      step(`disk full: ${isFull}`, (fixture) => {
        fixture.base.isDiskFull = isFull;
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(step('unit event', (fixture) => fixture.happen())) },
  { weight: 6, arbitrary: post },
  { weight: 5, arbitrary: advance },
  { weight: 1, arbitrary: fc.constant(step('restart', (fixture) => fixture.restart())) },
  {
    weight: 1,
    arbitrary: fc
      .nat(4)
      .map((turns) => step(`crash in ${turns}`, (fixture) => fixture.crash(turns))),
  },
  { weight: 4, arbitrary: fc.constant(step('turn', () => turn())) },
  { weight: 4, arbitrary: fc.constant(step('settle', (fixture) => fixture.settle())) },
);
