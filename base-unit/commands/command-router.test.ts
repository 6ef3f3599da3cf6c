import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { STAGE } from '#protocol/command/command-stage.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import { CommandFinished } from '#protocol/hub-link/base-events.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { manualClock, type ManualClock } from '../../test/harness/virtual-units.ts';
import { EventWriter } from '../outbox/event-writer.ts';
import { GroupCommit } from '../store/group-commit.ts';
import { openStore, type Store } from '../store/store.ts';
import { issued, testLog } from '../testing/test-base.ts';
import { CommandRouter } from './command-router.ts';
import type { CommandTask } from '../drivers/port/command-task.ts';

let clock: ManualClock;
let path: string;
let store: Store;
let submitted: CommandTask[];
let hubAheadMs: number;
let isUnitIdle: boolean;
let router: CommandRouter;

beforeEach(() => {
  clock = manualClock();
  hubAheadMs = 0;
  isUnitIdle = false;
  path = join(temporaryFolder(atTestEnd), 'base.db');
  boot();
  atTestEnd.add(() => stop());
});

/** A base begins, on whatever the last one left on the disk. */
function boot(machine = 'monday'): void {
  store = openStore({ path, boot: machine });
  submitted = [];
  const group = new GroupCommit({ store, soon: (run) => run() });
  const writer = new EventWriter({
    clock,
    store,
    group,
    log: testLog,
    appended: () => undefined,
    sendBeforeCommit: () => undefined,
  });
  router = new CommandRouter({
    clock,
    store,
    writer,
    log: testLog,
    units: {
      submit: (task) => {
        submitted.push(task);
        return undefined;
      },
      cancel: () => false,
      leavesAtOnce: () => isUnitIdle,
    },
    hubNowMs: () => clock.nowMs() + hubAheadMs,
    progress: () => undefined,
  });
  router.start();
}

function stop(): void {
  router.close();
  store.close();
}

/** Nothing is ended in good order: what is not on the disk is gone. */
function crash(machine?: string): void {
  stop();
  boot(machine);
}

function receive(command: IssuedCommand): void {
  store.commit(() => router.journal(command))();
}

const Stored = z.object({ data: CommandFinished });

function results(): CommandFinished[] {
  return store
    .commit(() => store.outbox.page(1_000, 1_000))
    .map(({ json }) => Stored.parse(JSON.parse(json)).data);
}

const lasting = (more: Partial<IssuedCommand> = {}) =>
  issued({ expiresAt: toInstant(clock.nowMs() + 10_000), ...more });

describe('commands over a crash', () => {
  it('runs again what was received and harmless to repeat', () => {
    const command = lasting();
    receive(command);
    crash();
    router.release();
    expect(submitted.map((task) => task.command)).toEqual([command]);
    expect(results()).toEqual([]);
  });

  it('ends as unknown what was sent and must not be repeated', () => {
    const command = lasting({ operation: 'invokeaction', affordance: 'reset' });
    receive(command);
    const [task] = submitted;
    if (task) router.sending(task, false);
    crash();
    expect(submitted).toEqual([]);
    expect(results()).toMatchObject([
      { commandId: command.id, outcome: 'unknown', code: 'outcome_unknown' },
    ]);
  });

  it('ends what expired meanwhile', () => {
    receive(lasting());
    clock.advance(11_000);
    crash();
    router.release();
    expect(submitted).toEqual([]);
    expect(results()).toMatchObject([{ outcome: 'expired' }]);
  });

  it('does not say of what was sent that it did not happen', () => {
    receive(lasting());
    receive(lasting());
    const [sent] = submitted;
    if (sent) router.sending(sent, true);
    crash();
    clock.advance(11_000);
    router.release();
    expect(results()).toMatchObject([
      { commandId: sent?.command.id, outcome: 'unknown', code: 'outcome_unknown' },
      { outcome: 'expired' },
    ]);
  });

  it('runs again, with unknown outcome, what was sent and is safe to repeat', () => {
    const command = lasting({ expiresAt: null });
    receive(command);
    const [task] = submitted;
    if (task) router.sending(task, true);
    crash();
    expect(submitted).toMatchObject([{ command, mayHaveRun: true }]);
  });

  it('does not repeat what the same has overtaken: an older value would come over a newer', () => {
    const older = lasting();
    const { unitId } = older;
    const newer = lasting({ unitId });
    const other = lasting({ unitId, affordance: 'brightness' });
    for (const command of [older, newer, other]) receive(command);
    for (const task of submitted) router.sending(task, true);
    crash();
    router.release();
    expect(submitted.map((task) => task.command.id)).toEqual([newer.id, other.id]);
    expect(results()).toMatchObject([
      { commandId: older.id, outcome: 'unknown', code: 'outcome_unknown' },
    ]);
  });

  it('holds back what may have expired until the clock of the hub is known', () => {
    const [late, unlimited, unwanted] = [lasting(), lasting({ expiresAt: null }), lasting()];
    for (const command of [late, unlimited, unwanted]) receive(command);
    hubAheadMs = 3_600_000;
    crash();
    expect(submitted.map((task) => task.command)).toEqual([unlimited]);
    router.cancel(unwanted.id);
    expect(results()).toMatchObject([{ commandId: unwanted.id, outcome: 'cancelled' }]);
    router.release();
    expect(submitted).toHaveLength(1);
    // While the other command is in flight, results are stored at some distance.
    clock.advance(10);
    expect(results()).toMatchObject([{}, { commandId: late.id, outcome: 'expired' }]);
  });

  it('keeps the order of one unit: what could go at once waits behind what is held back', () => {
    const first = lasting();
    const unlimited = lasting({ expiresAt: null, unitId: first.unitId });
    for (const command of [first, unlimited]) receive(command);
    crash();
    expect(submitted).toEqual([]);
    router.release();
    expect(submitted.map((task) => task.command)).toEqual([first, unlimited]);
  });

  it('has the result of what it finished, and does not do it again', () => {
    const command = lasting();
    receive(command);
    const [task] = submitted;
    if (task) router.finished(task, { outcome: 'succeeded', output: true });
    crash();
    receive(command);
    expect(submitted).toEqual([]);
    expect(results()).toMatchObject([{ commandId: command.id, outcome: 'succeeded' }]);
  });
});

describe('after a power cut', () => {
  /** The mark of what was written last is gone with the power. */
  function cutPower(): void {
    const before = store;
    before.commitSoon(() => undefined);
    router.close();
    boot('tuesday');
    atTestEnd.add(() => before.close());
  }

  it('does not claim of what may have been sent that it did not happen', () => {
    const late = issued({ expiresAt: toInstant(clock.nowMs() + 1_000) });
    receive(late);
    cutPower();
    clock.advance(2_000);
    router.release();
    expect(submitted).toEqual([]);
    expect(results()).toMatchObject([
      { commandId: late.id, outcome: 'unknown', code: 'outcome_unknown' },
    ]);
  });

  it('repeats all in order, since the progress is unknown', () => {
    const older = lasting();
    const newer = lasting({ unitId: older.unitId });
    for (const command of [older, newer]) receive(command);
    cutPower();
    router.release();
    expect(submitted.map((task) => task.command.id)).toEqual([older.id, newer.id]);
  });

  it('keeps an outcome unknown over further crashes of the base of any kind', () => {
    const late = issued({ expiresAt: toInstant(clock.nowMs() + 1_000) });
    receive(late);
    cutPower();
    const fresh = issued({ expiresAt: toInstant(clock.nowMs() + 1_000) });
    receive(fresh);
    crash('tuesday');
    crash('wednesday');
    clock.advance(2_000);
    router.release();
    expect(results()).toMatchObject([
      { commandId: late.id, outcome: 'unknown', code: 'outcome_unknown' },
      { commandId: fresh.id, outcome: 'expired' },
    ]);
  });

  it('does not repeat what must not be done twice, even if its outcome was unknown before it was sent', () => {
    const command = lasting({ operation: 'invokeaction', affordance: 'reset' });
    receive(command);
    cutPower();
    router.release();
    const [task] = submitted;
    if (task) router.sending(task, false);
    crash('tuesday');
    router.release();
    expect(submitted).toEqual([]);
    expect(results()).toMatchObject([{ commandId: command.id, outcome: 'unknown' }]);
  });

  it('carries out what still has its time, and knows the result then', () => {
    const command = lasting();
    receive(command);
    cutPower();
    router.release();
    const [task] = submitted;
    expect(task?.command.id).toBe(command.id);
    if (task) router.finished(task, { outcome: 'succeeded' });
    expect(results()).toMatchObject([{ commandId: command.id, outcome: 'succeeded' }]);
  });
});

describe('a repeated command', () => {
  it('is reported again once its first result has reached the hub', () => {
    const command = lasting();
    receive(command);
    const [task] = submitted;
    if (task) router.finished(task, { outcome: 'succeeded' });
    const sent = store.commit(() => store.outbox.page(10, 10));
    receive(command);
    expect(results()).toHaveLength(1);
    store.outbox.settle(sent);
    receive(command);
    expect(results()).toMatchObject([{ commandId: command.id, outcome: 'succeeded' }]);
    expect(results()[0]?.trace.filter(({ stage }) => stage === STAGE.baseRecorded)).toHaveLength(1);
  });

  it('is not begun a second time while the first is under way', () => {
    const command = lasting();
    receive(command);
    receive(command);
    expect(submitted).toHaveLength(1);
    expect(results()).toEqual([]);
  });
});

describe('a command that leaves at once', () => {
  beforeEach(() => {
    isUnitIdle = true;
  });

  it('is marked as sent in the commit that it came in, and in no other', () => {
    const command = lasting();
    receive(command);
    const [task] = submitted;
    const marks = vi.spyOn(store, 'commitSoon');
    if (task) router.sending(task, true);
    expect(marks).not.toHaveBeenCalled();
    crash();
    router.release();
    expect(submitted).toMatchObject([{ command, mayHaveRun: true }]);
    clock.advance(11_000);
    crash();
    router.release();
    expect(results()).toMatchObject([{ outcome: 'unknown', code: 'outcome_unknown' }]);
  });

  it('costs two transactions: one that accepts it, and one with its result', () => {
    const commits = vi.spyOn(store.outbox, 'committed');
    receive(lasting());
    const [task] = submitted;
    if (task) router.sending(task, true);
    if (task) router.finished(task, { outcome: 'succeeded', output: true });
    expect(commits).toHaveBeenCalledTimes(2);
  });

  it('is marked again when the unit now says that it must not be repeated', () => {
    receive(lasting());
    const [task] = submitted;
    if (task) router.sending(task, false);
    isUnitIdle = false;
    crash();
    expect(submitted).toEqual([]);
    expect(results()).toMatchObject([{ outcome: 'unknown', code: 'outcome_unknown' }]);
  });

  it('leaves no outcome unknown of the one that came with it for the same unit, and waits', () => {
    const first = lasting();
    const second = lasting({ unitId: first.unitId });
    const acts = store.commit(() => [first, second].map((command) => router.journal(command)));
    for (const act of acts) act();
    crash();
    clock.advance(11_000);
    router.release();
    expect(results()).toMatchObject([
      { commandId: first.id, outcome: 'unknown' },
      { commandId: second.id, outcome: 'expired' },
    ]);
  });
});

it('ends an unreadable command in the commit it came with', () => {
  const id = newId(CommandId);
  store.commit(() => router.refuse(id));
  crash();
  expect(results()).toMatchObject([{ commandId: id, outcome: 'rejected', code: 'bad_request' }]);
});

it('replaces an unknown end by a late answer', () => {
  const command = lasting();
  receive(command);
  const [task] = submitted;
  if (!task) throw new Error();
  router.finished(task, { outcome: 'unknown', code: 'unit_timeout' });
  router.finished(task, { outcome: 'succeeded', output: true });
  expect(results().map(({ outcome }) => outcome)).toEqual(['unknown', 'succeeded']);
  expect(store.journal.find(command.id)?.result?.outcome).toBe('succeeded');
});
