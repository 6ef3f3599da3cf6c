import fc from 'fast-check';
import { type BaseWorld, type Order, ORDERS } from './base-world.ts';
import type { Fate } from './model-hub.ts';
import type { Mood } from './model-unit.ts';

/** One thing that happens to a base. */
export interface BaseStep {
  readonly name: string;
  readonly run: (world: BaseWorld) => Promise<void> | void;
}

const isOrder = (name: string): name is Order => name in ORDERS;
const orders = fc.constantFrom(...Object.keys(ORDERS).filter(isOrder));
const verbs = fc.constantFrom('invoke' as const, 'set' as const, 'enqueue' as const);
const ttls = fc.constantFrom(1_000, 12_000, 60_000, null);
const moods = fc.constantFrom<Mood>('willing', 'busy', 'deaf', 'cut before', 'cut after', 'slow');
const fates = fc.constantFrom<Fate>('stored', 'lost', 'unavailable', 'refused');
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
      step(`${verb} ${order} for ${ttlMs}`, (world) => {
        world.issue(order, verb, ttlMs);
        world.pushNext();
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(orders, verbs, ttls)
      .map(([order, verb, ttlMs]) =>
        step(`log has ${verb} ${order} for ${ttlMs}`, (world) => world.issue(order, verb, ttlMs)),
      ),
  },
  { weight: 2, arbitrary: pick.map((n) => step(`log cancels ${n}`, (world) => world.cancel(n))) },
  { weight: 3, arbitrary: just('push next', (world) => world.pushNext()) },
  { weight: 3, arbitrary: pick.map((n) => step(`push ${n}`, (world) => world.pushAny(n))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
      .map(([pages, size]) =>
        step(`resume ${pages} pages of ${size}`, (world) => world.life.resume(pages, size)),
      ),
  },
  { weight: 1, arbitrary: just('log anew', (world) => world.renewLog()) },
  {
    weight: 5,
    arbitrary: moods.map((mood) =>
      step(`unit is ${mood}`, (world) => {
        world.unit.mood = mood;
      }),
    ),
  },
  { weight: 2, arbitrary: just('held answers', (world) => world.unit.answerHeld()) },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 1, max: 120 })
      .map((n) => step(`${n} readings`, (world) => world.report(n))),
  },
  { weight: 5, arbitrary: fates.map((fate) => step(`hub: ${fate}`, (w) => w.hub.decide(fate))) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Fate | undefined>('stored', undefined, 'lost').map((fate) =>
      step(`hub from now on: ${fate}`, ({ hub }) => {
        hub.standing = fate;
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(20, 100, 500, 2_000, 10_500, 30_000)
      .map((ms) => step(`${ms} ms pass`, (world) => world.pass(ms))),
  },
  { weight: 3, arbitrary: fc.nat(40).map((n) => step(`${n} turns`, (world) => world.turns(n))) },
  { weight: 3, arbitrary: just('commit', (world) => world.life.commit()) },
  { weight: 4, arbitrary: just('settle', (world) => world.settle()) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(orders, crashes, fc.nat(60))
      .map(([order, fate, turns]) =>
        step(`invoke ${order}, ${fate} after ${turns} turns`, (world) =>
          world.crashAmid(order, fate, turns),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: crashes.map((fate) =>
      step(`${fate} in a commit`, (world) => world.crashInCommit(fate)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(crashes, fc.boolean())
      .map(([fate, isHeard]) =>
        step(`${fate}${isHeard ? ', heard out' : ''}`, (world) => world.crash(fate, isHeard)),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.boolean().map((isFull) =>
      step(`disk full: ${isFull}`, (world) => {
        world.disk.isFull = isFull;
      }),
    ),
  },
  { weight: 1, arbitrary: just('restart', (world) => world.restart()) },
);
