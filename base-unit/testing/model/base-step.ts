import fc from 'fast-check';
import { type BaseFixture, type Order, ORDERS } from './base-fixture.ts';
import type { HubReply } from './model-hub.ts';
import type { Behaviour } from './model-unit.ts';

/** One thing that happens to a base. */
export interface BaseStep {
  readonly name: string;
  readonly run: (fixture: BaseFixture) => Promise<void> | void;
}

const isOrder = (name: string): name is Order => name in ORDERS;
const orders = fc.constantFrom(...Object.keys(ORDERS).filter(isOrder));
const verbs = fc.constantFrom('invoke' as const, 'set' as const, 'enqueue' as const);
const ttls = fc.constantFrom(1_000, 12_000, 60_000, null);
const behaviours = fc.constantFrom<Behaviour>(
  'willing',
  'busy',
  'deaf',
  'cut before',
  'cut after',
  'slow',
);
const replies = fc.constantFrom<HubReply>('stored', 'lost', 'unavailable', 'refused');
const crashes = fc.constantFrom('killed' as const, 'power cut' as const);
const pick = fc.nat({ max: 30 });

function step(name: string, run: BaseStep['run']): BaseStep {
  return { name, run, ...{ [fc.toStringMethod]: () => name } };
}

const just = (name: string, run: BaseStep['run']) => fc.constant(step(name, run));

/** Any step, the everyday ones more often. */
export const anyBaseStep: fc.Arbitrary<BaseStep> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(orders, verbs, ttls).map(([order, verb, ttlMs]) =>
      step(`${verb} ${order} for ${ttlMs}`, (fixture) => {
        fixture.issue(order, verb, ttlMs);
        fixture.pushNext();
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(orders, verbs, ttls)
      .map(([order, verb, ttlMs]) =>
        step(`log has ${verb} ${order} for ${ttlMs}`, (fixture) =>
          fixture.issue(order, verb, ttlMs),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: pick.map((n) => step(`log cancels ${n}`, (fixture) => fixture.cancel(n))),
  },
  { weight: 3, arbitrary: just('push next', (fixture) => fixture.pushNext()) },
  { weight: 3, arbitrary: pick.map((n) => step(`push ${n}`, (fixture) => fixture.pushAny(n))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
      .map(([pages, size]) =>
        step(`resume ${pages} pages of ${size}`, (fixture) => fixture.run.resume(pages, size)),
      ),
  },
  { weight: 1, arbitrary: just('log anew', (fixture) => fixture.renewLog()) },
  {
    weight: 5,
    arbitrary: behaviours.map((behaviour) =>
      step(`unit is ${behaviour}`, (fixture) => {
        fixture.unit.behaviour = behaviour;
      }),
    ),
  },
  { weight: 2, arbitrary: just('held answers', (fixture) => fixture.unit.answerHeld()) },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 1, max: 120 })
      .map((n) => step(`${n} readings`, (fixture) => fixture.report(n))),
  },
  {
    weight: 5,
    arbitrary: replies.map((reply) => step(`hub: ${reply}`, (w) => w.hub.decide(reply))),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<HubReply | undefined>('stored', undefined, 'lost').map((cause) =>
      step(`hub from now on: ${cause}`, ({ hub }) => {
        hub.standing = cause;
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(20, 100, 500, 2_000, 10_500, 30_000)
      .map((ms) => step(`${ms} ms pass`, (fixture) => fixture.pass(ms))),
  },
  {
    weight: 3,
    arbitrary: fc.nat(40).map((n) => step(`${n} turns`, (fixture) => fixture.turns(n))),
  },
  { weight: 3, arbitrary: just('commit', (fixture) => fixture.run.commit()) },
  { weight: 4, arbitrary: just('settle', (fixture) => fixture.settle()) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(orders, crashes, fc.nat(60))
      .map(([order, cause, turns]) =>
        step(`invoke ${order}, ${cause} after ${turns} turns`, (fixture) =>
          fixture.crashAmid(order, cause, turns),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: crashes.map((cause) =>
      step(`${cause} in a commit`, (fixture) => fixture.crashInCommit(cause)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(crashes, fc.boolean())
      .map(([cause, isHeard]) =>
        step(`${cause}${isHeard ? ', heard out' : ''}`, (fixture) => fixture.crash(cause, isHeard)),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.boolean().map((isFull) =>
      step(`disk full: ${isFull}`, (fixture) => {
        fixture.disk.isFull = isFull;
      }),
    ),
  },
  { weight: 1, arbitrary: just('restart', (fixture) => fixture.restart()) },
);
