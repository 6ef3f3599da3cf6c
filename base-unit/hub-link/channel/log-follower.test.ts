import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { type CommandId, Epoch, newId, UnitId } from '#protocol/ids.ts';
import { openStore } from '../../store/store.ts';
import { issued, testLog } from '../../testing/test-base.ts';
import { LogFollower, TolerantResumeReply } from './log-follower.ts';

function build() {
  const store = openStore({ path: ':memory:' });
  const journaled: CommandId[] = [];
  const routed: CommandId[] = [];
  const refusedIds: CommandId[] = [];
  const ended: CommandId[] = [];
  const assigned: (readonly UnitAssignment[])[] = [];
  const dropped: ReadonlySet<CommandId>[] = [];
  const follower = new LogFollower({
    store,
    log: testLog,
    commands: {
      journal: ({ id }) => {
        journaled.push(id);
        return () => routed.push(id);
      },
      refuse: (id) => {
        refusedIds.push(id);
        return () => ended.push(id);
      },
      cancel: () => undefined,
      keepOnly: (wanted) => dropped.push(wanted),
      release: () => undefined,
    },
    units: {
      replace: (units) => assigned.push(units),
      change: (units) => assigned.push(units),
      refresh: () => undefined,
      republishPresence: () => undefined,
      describeAgain: () => () => undefined,
    },
  });
  /** As the channel client does: in a commit, and acted on afterwards. */
  const ingest = (entry: unknown) => {
    const ingested = store.commit(() => follower.ingest(entry));
    if (ingested.kind !== 'gap') ingested.act();
    return ingested;
  };
  return { store, refusedIds, ended, ingest, follower, journaled, routed, assigned, dropped };
}

const epoch = newId(Epoch);
const entryOf = (seq: number, data: IssuedCommand) => ({
  epoch,
  seq,
  type: 'command.issued',
  data,
});
const snapshot = (headSeq: number, commands: IssuedCommand[] = []) => ({
  ok: true as const,
  recovered: false as const,
  reason: 'first_contact' as const,
  epoch,
  headSeq,
  units: [],
  commands,
  next: null,
});

it('accepts entries in order, each once, and never past a gap', () => {
  const { follower, ingest, routed, store } = build();
  follower.apply(snapshot(0));
  const [first, second, third] = [issued(), issued(), issued()];
  expect(ingest(entryOf(1, first))).toMatchObject({ kind: 'have' });
  expect(ingest(entryOf(3, third))).toEqual({ kind: 'gap' });
  expect(ingest(entryOf(2, second))).toMatchObject({ kind: 'have' });
  expect(ingest(entryOf(1, first))).toMatchObject({ kind: 'have' });
  expect(routed).toEqual([first.id, second.id]);
  expect(store.cursor.position.lastSeq).toBe(2);
});

it('accepts no entry of another epoch', () => {
  const { follower, ingest, routed } = build();
  follower.apply(snapshot(0));
  expect(ingest({ ...entryOf(1, issued()), epoch: newId(Epoch) })).toEqual({ kind: 'gap' });
  expect(routed).toEqual([]);
});

it.each([
  ['nothing', undefined],
  ['no object', 'entry'],
  ['no place', { type: 'command.issued', data: issued() }],
])('refuses %s', (_name, entry) => {
  expect(build().ingest(entry)).toMatchObject({ kind: 'refused', code: 'bad_request' });
});

it('passes over an entry it does not understand, so that the next ones come through', () => {
  const { follower, ingest, routed } = build();
  follower.apply(snapshot(0));
  const known = issued();
  expect(ingest({ epoch, seq: 1, type: 'unit.renamed', data: {} }).kind).toBe('refused');
  ingest(entryOf(2, known));
  expect(routed).toEqual([known.id]);
});

it('says of a command it does not understand that it was not done', () => {
  const { follower, ingest, refusedIds, ended } = build();
  follower.apply(snapshot(0));
  const strange = (seq: number) => ({
    ...entryOf(seq, issued()),
    data: { ...issued(), operation: 'observeproperty' },
  });
  const [pushed, fetched] = [strange(1), strange(2)];
  expect(ingest(pushed).kind).toBe('refused');
  follower.apply({ ok: true, recovered: true, epoch, headSeq: 2, entries: [fetched] });
  expect(refusedIds).toEqual([pushed.data.id, fetched.data.id]);
  expect(ended).toEqual(refusedIds);
});

it('lets a snapshot replace what it knew', () => {
  const { follower, store, assigned, dropped, routed } = build();
  const pending = issued();
  const unit = {
    unitId: newId(UnitId),
    name: 'Lamp',
    address: { host: '10.0.0.1', port: 8888 },
    link: 'frames' as const,
    hardwareId: null,
  };
  expect(follower.apply({ ...snapshot(40, [pending]), units: [unit] })).toBe(true);
  expect(store.cursor.position).toEqual({ epoch, lastSeq: 40, mark: null });
  expect(assigned).toEqual([[unit]]);
  expect(dropped).toEqual([new Set([pending.id])]);
  expect(routed).toEqual([pending.id]);
});

it('counts a snapshot only with its last page', () => {
  const { follower, store, assigned, dropped, routed } = build();
  const [first, second] = [issued(), issued()];
  const unit = (name: string) => ({
    unitId: newId(UnitId),
    name,
    address: { host: '10.0.0.1', port: 8888 },
    link: 'frames' as const,
    hardwareId: null,
  });
  const [lamp, desk] = [unit('Lamp'), unit('Desk')];
  const at = { epoch, headSeq: 40, afterUnitId: lamp.unitId, afterSeq: null };
  expect(follower.apply({ ...snapshot(40), units: [lamp], next: at })).toBe(false);
  expect(follower.resumeRequest()).toMatchObject({ epoch: null, lastSeq: 0, next: at });
  const then = { ...at, afterSeq: 7 };
  follower.apply({ ...snapshot(40, [first]), units: [desk], next: then });
  expect([assigned, dropped, routed]).toEqual([[], [], []]);
  expect(store.cursor.position).toEqual({ epoch: null, lastSeq: 0, mark: null });
  expect(follower.apply(snapshot(40, [second]))).toBe(true);
  expect(assigned).toEqual([[lamp, desk]]);
  expect(dropped).toEqual([new Set([first.id, second.id])]);
  expect(routed).toEqual([first.id, second.id]);
  expect(follower.resumeRequest()).toMatchObject({ version: 4, epoch, lastSeq: 40 });
});

it('restarts a snapshot after a cut, and when the log moved on between two pages', () => {
  const { follower, routed } = build();
  const [lost, kept] = [issued(), issued()];
  const at = { epoch, headSeq: 40, afterUnitId: null, afterSeq: 7 };
  follower.apply({ ...snapshot(40, [lost]), next: at });
  follower.restart();
  expect(follower.resumeRequest()).not.toHaveProperty('next');
  follower.apply({ ...snapshot(40, [lost]), next: at });
  follower.apply({ ...snapshot(41, [kept]) });
  expect(routed).toEqual([kept.id]);
});

it('validates what is pending one by one', () => {
  const { follower, routed, refusedIds, ended, assigned, dropped } = build();
  const [known, strange] = [issued(), { ...issued(), operation: 'observeproperty' }];
  const commands = [strange, known, 'nonsense'];
  expect(follower.apply({ ...snapshot(3), units: [{ unitId: 7 }], commands })).toBe(true);
  expect(routed).toEqual([known.id]);
  expect(ended).toEqual([strange.id]);
  expect(refusedIds).toEqual([strange.id]);
  expect(assigned).toEqual([[]]);
  expect(dropped).toEqual([new Set([known.id, strange.id])]);
});

it('requests the next page while it is behind', () => {
  const { follower } = build();
  follower.apply(snapshot(0));
  const page = { ok: true as const, recovered: true as const, epoch, headSeq: 3 };
  expect(follower.apply({ ...page, entries: [entryOf(1, issued()), entryOf(2, issued())] })).toBe(
    false,
  );
  expect(follower.apply({ ...page, entries: [entryOf(3, issued())] })).toBe(true);
});

it('moves nothing when the commit fails', () => {
  const { follower, ingest, store, routed } = build();
  follower.apply(snapshot(0));
  store.close();
  expect(() => ingest(entryOf(1, issued()))).toThrow();
  expect(routed).toEqual([]);
});

it('has each command once and in order, however entries are lost, repeated and mixed up', () => {
  const commands = Array.from({ length: 12 }, () => issued());
  const pushes = fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('push'), seq: fc.integer({ min: 1, max: 12 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('resume'), seq: fc.integer({ min: 1, max: 12 }) }),
      },
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(pushes, (steps) => {
      const { follower, ingest, routed, store } = build();
      follower.apply(snapshot(0));
      const entry = (seq: number) => entryOf(seq, commands[seq - 1] ?? issued());
      for (const { kind, seq } of steps) {
        const { lastSeq } = store.cursor.position;
        if (kind === 'push') {
          const ingested = ingest(entry(seq));
          // Acknowledged means: it is in the journal.
          expect(ingested.kind === 'have').toBe(seq <= lastSeq + 1);
        } else {
          const headSeq = Math.max(seq, lastSeq);
          const entries = Array.from({ length: headSeq }, (_, index) => entry(index + 1));
          follower.apply({ ok: true, recovered: true, epoch, headSeq, entries });
        }
        const reached = store.cursor.position.lastSeq;
        expect(routed).toEqual(commands.slice(0, reached).map(({ id }) => id));
      }
      store.close();
    }),
    { numRuns: 60 },
  );
});

const unitOf = (): UnitAssignment => ({
  unitId: newId(UnitId),
  name: 'Lamp',
  address: { host: '192.0.2.1', port: 8888 },
  link: 'frames',
  hardwareId: null,
});

it('refuses an endless snapshot, and one with too many units', () => {
  const { follower, assigned } = build();
  const place = { epoch, headSeq: 1, afterSeq: null };
  const page = (afterUnitId: UnitId, units: UnitAssignment[] = []) => ({
    ...snapshot(1),
    units,
    next: { ...place, afterUnitId },
  });
  const [first, second] = [newId(UnitId, 1), newId(UnitId, 2)];
  expect(follower.apply(page(second))).toBe(false);
  expect(() => follower.apply(page(second))).toThrow(
    expect.objectContaining({ code: 'bad_request' }),
  );
  expect(() => follower.apply(page(first))).toThrow(
    expect.objectContaining({ code: 'bad_request' }),
  );
  follower.restart();
  const many = () => Array.from({ length: 100 }, unitOf);
  const endless = () => {
    for (let count = 1; count < 100; count += 1) follower.apply(page(newId(UnitId, count), many()));
  };
  expect(endless).toThrow(expect.objectContaining({ code: 'body_too_large' }));
  expect(assigned).toEqual([]);
});

it('does not read a page that is longer than pages are', () => {
  const units = Array.from({ length: 101 }, unitOf);
  const [entries, commands] = [units.map(String), units.map(String)];
  for (const page of [
    { ...snapshot(1), units },
    { ...snapshot(1), commands },
    { ok: true, recovered: true, epoch, headSeq: 1, entries },
  ]) {
    expect(TolerantResumeReply.safeParse(page).success).toBe(false);
  }
});
