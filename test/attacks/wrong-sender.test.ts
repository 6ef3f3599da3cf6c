import { describe, expect, it } from 'vitest';
import { BASE_EVENT_TYPES } from '#protocol/hub-link/base-events.ts';
import { STAGE } from '#protocol/command/command-stage.ts';
import { Command } from '#protocol/command/command.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { FirmwareView, RolloutDetails } from '#protocol/http/firmware.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { HistoryAnswer } from '#protocol/http/units.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { SiteId, UnitId, newId } from '#protocol/ids.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import { FirmwareMaker } from '../../hub/testing/firmware-file.ts';
import { type TargetBase, forgedEvent } from '../../hub/testing/forged-events.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { ChannelSocket } from '../harness/channel-socket.ts';
import { atTestEnd, type Cleanup } from '#platform/testing/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import { until } from '#platform/testing/until.ts';
import { startHubTarget } from './hub-target.ts';
import { SpeakingBase, signUpWithSite } from './speaking-base.ts';

interface Fixture {
  readonly owner: ApiClient;
  readonly siteId: string;
  readonly rightful: SpeakingBase;
  readonly rightfulSocket: ChannelSocket;
  readonly forgers: readonly (readonly [whose: string, base: SpeakingBase])[];
  readonly target: TargetBase;
  readonly rolloutId: string;
}

function orderAt({ entries }: SpeakingBase, id: UnitId): UpdateOrder | undefined {
  return entries
    .flatMap((entry) => (entry.type === 'units.assigned' ? entry.data.units : []))
    .findLast(({ unitId }) => unitId === id)?.update;
}

async function startFixture(cleanup: Cleanup): Promise<Fixture> {
  const { owner: someone } = await startHubTarget(cleanup);
  const { api: owner, siteId } = await signUpWithSite(someone, 'Grace');
  const otherBase = await signUpWithSite(someone, 'Mallory');
  const rightful = await SpeakingBase.pair(owner, siteId);
  const { socket } = await rightful.goOnline(cleanup);
  const unitId = await rightful.addLamp('192.0.2.10', 'aabbccddeeff');
  const command = await owner.post(Command, `/api/units/${unitId}/commands`, {
    ...{ verb: 'enqueue', affordance: 'blink', input: { times: 3 } },
  });
  const maker = await FirmwareMaker.create();
  const firmware = await owner.call(FirmwareView, 'POST', `/api/sites/${siteId}/firmware`, {
    rawBody: await maker.file(),
    headers: { 'content-type': 'application/octet-stream' },
  });
  const rollout = await owner.post(RolloutView, `/api/sites/${siteId}/rollouts`, {
    ...{ firmwareId: firmware.id, soakMs: 0 },
  });
  const order = await until('the order', () => orderAt(rightful, unitId));
  await until('the command is at the base', () =>
    rightful.entries.some(({ type }) => type === 'command.issued'),
  );
  // The hub stores now that it holds it, and not while a test looks.
  expect(await rightful.confirm(socket)).toMatchObject({ ok: true, recovered: true });
  return {
    ...{ owner, siteId, rightful, rightfulSocket: socket, rolloutId: rollout.id },
    forgers: [
      ['another base of the site', await SpeakingBase.pair(owner, siteId)],
      ['a base of another account', await SpeakingBase.pair(otherBase.api, otherBase.siteId)],
    ],
    target: { unitId, commandId: command.id, order },
  };
}

const fixture = startedOnce(startFixture);

/** All that the API says of what belongs to the rightful base. */
async function recorded() {
  const { owner, siteId, target, rolloutId, rightful } = fixture();
  const snapshot = await owner.get(SiteSnapshot, `/api/sites/${siteId}/snapshot`);
  const history = `/api/units/${target.unitId}/history?property=temperature&from=0&to=${Date.now()}`;
  const { points, gaps } = await owner.get(HistoryAnswer, history);
  const { bases, units, commands, rollouts, sparklines } = snapshot;
  return {
    ...{ units, commands, rollouts, sparklines, points, gaps },
    base: bases
      .map(({ presence, ...base }) => ({ ...base, state: presence.state }))
      .find(({ id }) => id === rightful.raw.id),
    trace: await owner.get(CommandTrace, `/api/commands/${target.commandId}/trace`),
    rollout: await owner.get(RolloutDetails, `/api/rollouts/${rolloutId}`),
  };
}

async function watch(): Promise<ChannelSocket> {
  const { owner, siteId } = fixture();
  const watcher = new ChannelSocket({ url: owner.url, cleanup: atTestEnd, api: owner });
  const channel = channelName({ kind: 'site', siteId: SiteId.parse(siteId) });
  expect((await watcher.connect()) ?? (await watcher.join(channel))).toBeUndefined();
  return watcher;
}

describe('a base that reports on another base’s things', () => {
  it('is refused every kind of event, and nothing changes', async () => {
    const { forgers, target, rightful } = fixture();
    const before = await recorded();
    for (const [whose, forger] of forgers) {
      for (const type of BASE_EVENT_TYPES) {
        const receipt = await forger.send(forgedEvent(type, target));
        expect(receipt, `${type} of ${whose}`).toMatchObject({
          ...{ accepted: 0, duplicates: 0, refused: [{ code: 'event_foreign' }] },
        });
      }
      // Nor does its own signature open the door of the other one.
      const body = forger.raw.batch([{ seq: 1_000, ...forgedEvent('unit.presence', target) }]);
      const { status } = await rightful.raw.post(body, forger.raw.headersFor(body));
      expect(status, whose).toBe(401);
    }
    expect(await recorded()).toEqual(before);
  });

  it('is refused the update of another for its own unit', async () => {
    const { forgers, target } = fixture();
    for (const [whose, forger] of forgers) {
      const unitId = newId(UnitId);
      const address = { host: '192.0.2.98', port: 1 };
      const declared = await forger.send({
        type: 'units.declared',
        data: { units: [{ unitId, name: 'Own', address, link: 'frames' }] },
      });
      expect(declared.refused, whose).toEqual([]);
      const before = await recorded();
      const { refused } = await forger.send(forgedEvent('update.changed', { ...target, unitId }));
      expect(refused, whose).toMatchObject([{ code: 'event_foreign' }]);
      expect(await recorded()).toEqual(before);
    }
  });

  it('moves nothing by what it says live, and learns nothing', async () => {
    const { owner, forgers, target, rightful, rightfulSocket } = fixture();
    const rightfulChannel = channelName({ kind: 'base', baseId: rightful.raw.id });
    const { unitId, commandId, order } = target;
    const sockets: ChannelSocket[] = [];
    for (const [whose, forger] of forgers) {
      const { socket, resumed } = await forger.goOnline(atTestEnd);
      expect(JSON.stringify(resumed), whose).not.toContain(unitId);
      const refusal = await owner
        .withToken(await forger.raw.assertion())
        .refused('POST', '/api/channels/authorize', {
          body: { socketId: socket.socket.id, channel: rightfulChannel },
        });
      expect(refusal, whose).toEqual({ status: 403, code: 'channel_forbidden' });
      sockets.push(socket);
    }
    const watcher = await watch();
    const before = await recorded();
    const transfer = { updateId: order.updateId, unitId, doneBytes: 1, totalBytes: 2 };
    for (const { socket } of sockets) {
      socket.emit('update.progress', transfer);
      for (const state of ['received', 'running'] as const) {
        socket.emit('command.progress', {
          commandId,
          state,
          stage: STAGE.unitReceived,
          atMs: Date.now(),
        });
      }
      await socket.timeout(5_000).emitWithAck('time.get');
    }
    // By the time that the rightful one is heard, they would have been.
    rightfulSocket.socket.emit('update.progress', { ...transfer, doneBytes: 2 });
    await watcher.delta('update.progress', ({ doneBytes }) => doneBytes === 2);
    expect(watcher.seen('update.progress')).toHaveLength(1);
    expect(watcher.seen('command.changed')).toEqual([]);
    expect(await recorded()).toEqual(before);
  });

  it('is refused for who it is: of the rightful one each of them is accepted', async () => {
    const { rightful, target } = fixture();
    for (const type of BASE_EVENT_TYPES) {
      const { refused } = await rightful.send(forgedEvent(type, target));
      expect(refused, type).toEqual([]);
    }
    const { command } = (await recorded()).trace;
    expect(command.state).toBe('succeeded');
  });
});
