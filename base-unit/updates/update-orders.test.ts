import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { BaseEventBody, UpdateChanged } from '#protocol/hub-link/base-events.ts';
import type { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import { FirmwareId, newId, UnitId, UpdateId } from '#protocol/ids.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import { until } from '#platform/testing/until.ts';
import { manualClock, type ManualClock } from '../../test/harness/virtual-units.ts';
import { openStore, type Store } from '../store/store.ts';
import { FakeUpdates } from '../testing/fake-updates.ts';
import { testLog } from '../testing/test-base.ts';
import { UpdateOrders } from './update-orders.ts';

const FILE = new TextEncoder().encode('a signed image');

function order(change: Partial<UpdateOrder> = {}): UpdateOrder {
  return {
    updateId: newId(UpdateId),
    firmwareId: newId(FirmwareId),
    sha256: createHash('sha256').update(FILE).digest('hex'),
    fileBytes: FILE.length,
    ...change,
  };
}

/** A base's part in updates, on a store in memory; `restart` as after a crash. */
class Fixture {
  readonly clock: ManualClock = manualClock();
  readonly store: Store = openStore({ path: ':memory:' });
  readonly updates = new FakeUpdates();
  readonly reported: UpdateChanged[] = [];
  readonly transfers: UpdateTransfer[] = [];
  readonly unitId = newId(UnitId);
  /** How the next downloads go; then they go well. */
  readonly failures: ErrorCode[] = [];
  /** The file of this digest comes wrong each time. */
  damaged: string | undefined;
  downloads = 0;
  isHeld = false;
  orders = this.#build();

  constructor() {
    this.orders.start();
  }

  want(update: UpdateOrder | undefined, unitId = this.unitId): void {
    this.store.commit(() =>
      this.store.units.changeByHub(
        [
          {
            unitId,
            name: 'Lamp',
            address: { host: unitId, port: 8888 },
            link: 'frames',
            hardwareId: null,
            ...(update ? { update } : {}),
          },
        ],
        [],
      ),
    );
    this.orders.refresh();
  }

  restart(): void {
    this.orders.close();
    this.orders = this.#build();
    this.orders.start();
  }

  states(): string[] {
    return this.reported.map(({ state, code }) => (code === null ? state : `${state} ${code}`));
  }

  async untilStarted({ updateId }: UpdateOrder): Promise<void> {
    await until('it began', () => this.updates.started.includes(updateId));
  }

  #build(): UpdateOrders {
    const orders = new UpdateOrders({
      clock: this.clock,
      random: () => 0.5,
      log: testLog,
      units: this.store.units,
      files: this.updates,
      updates: this.updates,
      downloads: {
        fetch: ({ sha256 }, signal) => this.#fetch(sha256, signal),
        forget: () => Promise.resolve(),
      },
      writer: {
        happened: (body: BaseEventBody, withinCommit?: () => void) => {
          if (body.type !== 'update.changed') throw new Error('another event');
          this.reported.push(body.data);
          this.store.commit(() => withinCommit?.());
        },
      },
      transfer: (transfer) => this.transfers.push(transfer),
    });
    this.updates.listener = orders;
    return orders;
  }

  async #fetch(sha256: string, signal: AbortSignal): Promise<Uint8Array> {
    this.downloads += 1;
    if (this.isHeld) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new AppError('hub_unreachable');
    }
    const failure = this.failures.shift();
    if (failure !== undefined) throw new AppError(failure);
    if (sha256 === this.damaged) throw new AppError('update_corrupted');
    return await Promise.resolve(FILE);
  }
}

it('fetches the file, sends it to the unit, and reports each state once', async () => {
  const fixture = new Fixture();
  const wanted = order();
  fixture.want(wanted);
  await fixture.untilStarted(wanted);
  const { updateId } = wanted;
  fixture.updates.comeTo(updateId, { state: 'downloading', doneBytes: 100 });
  fixture.updates.comeTo(updateId, { state: 'downloading', doneBytes: 500 });
  // So soon after the other it is not worth a message.
  fixture.updates.comeTo(updateId, { state: 'downloading', doneBytes: 501 });
  fixture.updates.comeTo(updateId, { state: 'verified', doneBytes: 1_000 });
  fixture.updates.comeTo(updateId, { state: 'applying', doneBytes: 1_000 });
  fixture.updates.comeTo(updateId, { state: 'confirmed', doneBytes: 1_000 });
  expect(fixture.states()).toEqual(['queued', 'downloading', 'verified', 'applying', 'confirmed']);
  expect(fixture.transfers).toMatchObject([{ updateId, doneBytes: 500, totalBytes: 1_000 }]);
  fixture.orders.refresh();
  fixture.restart();
  expect(fixture.updates.started).toEqual([updateId]);
  expect(fixture.reported).toHaveLength(5);
});

it('fetches a file once for all units that want it', async () => {
  const fixture = new Fixture();
  const [first, second] = [order(), order()];
  fixture.want(first);
  fixture.want(second, newId(UnitId));
  await fixture.untilStarted(first);
  await fixture.untilStarted(second);
  expect(fixture.downloads).toBe(1);
});

it('waits for the hub where the file does not come, and says what it waits for', async () => {
  const fixture = new Fixture();
  fixture.failures.push('hub_unreachable', 'hub_unreachable', 'update_corrupted');
  const wanted = order();
  fixture.want(wanted);
  await until('it waits', () => fixture.clock.pendingTimers === 1);
  expect(fixture.states()).toEqual(['queued', 'queued hub_unreachable']);
  fixture.orders.wake();
  await until('it waits again', () => fixture.downloads === 2 && fixture.clock.pendingTimers === 1);
  fixture.clock.advance(2_000);
  await until(
    'it waits longer',
    () => fixture.downloads === 3 && fixture.clock.pendingTimers === 1,
  );
  fixture.clock.advance(4_000);
  await fixture.untilStarted(wanted);
  expect(fixture.states()).toEqual([
    'queued',
    'queued hub_unreachable',
    'queued update_corrupted',
    'queued',
  ]);
});

it('gives up a file that the hub does not have, or that is no firmware', async () => {
  const gone = new Fixture();
  gone.failures.push('firmware_unknown');
  gone.want(order());
  await until('it is reported', () => gone.states().at(-1) === 'failed firmware_unknown');
  const wrong = new Fixture();
  wrong.updates.isFileRefused = true;
  wrong.want(order());
  await until('it is reported', () => wrong.states().at(-1) === 'failed firmware_file_invalid');
  wrong.restart();
  expect(wrong.downloads).toBe(1);
});

it('does not let a file that never comes right keep another from its unit', async () => {
  const fixture = new Fixture();
  const [damaged, whole] = [order({ sha256: 'd'.repeat(64) }), order()];
  fixture.damaged = damaged.sha256;
  fixture.want(damaged);
  await until('it waits', () => fixture.downloads === 1 && fixture.clock.pendingTimers === 1);
  fixture.want(whole, newId(UnitId));
  fixture.clock.advance(2_000);
  await fixture.untilStarted(whole);
  expect(fixture.updates.started).toEqual([whole.updateId]);
});

it('calls off what is not wanted any more, before the file came and after', async () => {
  const early = new Fixture();
  early.isHeld = true;
  early.want(order());
  await until('it fetches', () => early.downloads === 1);
  early.want(undefined);
  expect(early.states()).toEqual(['queued', 'failed update_cancelled']);
  const late = new Fixture();
  const wanted = order();
  late.want(wanted);
  await late.untilStarted(wanted);
  late.updates.comeTo(wanted.updateId, { state: 'downloading' });
  late.want(undefined);
  expect(late.states()).toEqual(['queued', 'downloading', 'failed update_cancelled']);
});

it('lets a unit end its update, reports it, and then begins the next', async () => {
  const fixture = new Fixture();
  const [first, next] = [order(), order()];
  fixture.want(first);
  await fixture.untilStarted(first);
  fixture.updates.comeTo(first.updateId, { state: 'applying' });
  fixture.want(next);
  expect(fixture.updates.started).toEqual([first.updateId]);
  fixture.updates.comeTo(first.updateId, { state: 'rolled_back', code: 'update_rolled_back' });
  expect(fixture.updates.started).toEqual([first.updateId, next.updateId]);
  expect(
    fixture.reported.filter(({ updateId }) => updateId === first.updateId).at(-1),
  ).toMatchObject({
    state: 'rolled_back',
    code: 'update_rolled_back',
  });
});

it('continues after a crash, and reports what it had not reported', async () => {
  const fixture = new Fixture();
  const wanted = order();
  fixture.want(wanted);
  await fixture.untilStarted(wanted);
  fixture.orders.close();
  // The unit's own updates got further than what this part had written down.
  fixture.updates.listener = undefined;
  fixture.updates.comeTo(wanted.updateId, { state: 'confirmed' });
  fixture.restart();
  expect(fixture.states()).toEqual(['queued', 'confirmed']);
  fixture.restart();
  expect(fixture.reported).toHaveLength(2);
  expect(fixture.updates.started).toEqual([wanted.updateId]);
});
