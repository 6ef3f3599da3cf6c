import Database from 'better-sqlite3';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit } from '../test/harness/virtual-units.ts';
import { newPrivateKeyPem } from './pairing/base-key.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { issued, startTestBase } from './testing/test-base.ts';

const unitId = newId(UnitId);
const privateKeyPem = newPrivateKeyPem();
let hub: FakeHub;
let folder: string;

beforeEach(async () => {
  hub = new FakeHub();
  await hub.start();
  onTestFinished(() => hub.close());
  folder = temporaryFolder(atTestEnd);
  const lamp = await startVirtualUnit({ kind: 'lamp', tampering: {} }, atTestEnd);
  const address = { host: '127.0.0.1', port: lamp.port };
  hub.units = [{ unitId, name: 'Unit', address, link: 'frames', hardwareId: null }];
});

const start = async (data = folder) =>
  startTestBase({ hub, folder: data, privateKeyPem }, atTestEnd);
const ended = async (command: { readonly id: string }) =>
  until('a result', () => hub.results.find(({ commandId }) => commandId === command.id));

describe('a base that is restored from a backup', () => {
  it('gives no number of an earlier run again', async () => {
    const first = await start();
    await until('ready', () => hub.stateOf(unitId) === 'ready');
    await first.stop();
    const copy = temporaryFolder(atTestEnd);
    cpSync(folder, copy, { recursive: true });
    const second = await start();
    const command = issued({ unitId });
    hub.issue(command);
    await ended(command);
    await second.stop();
    const overtaken = hub.events.find(({ type }) => type === 'command.finished')?.epoch;
    expect(overtaken).toBeDefined();
    hub.events.length = 0;
    await start(copy);
    await until('ready', () => hub.stateOf(unitId) === 'ready');
    // What the copy had not sent keeps the run that numbered it before the copy was made.
    expect(hub.events.map(({ epoch }) => epoch)).not.toContain(overtaken);
  });

  it('sends the hub its earlier numbers, until the hub has compared them', async () => {
    const first = await start();
    await until('ready', () => hub.stateOf(unitId) === 'ready');
    const known = () => hub.resumes.at(-1)?.outbox?.earlier;
    await first.stop();
    // Its own count: what it stored last may have left nobody yet.
    const { lastSeq } = first.store.outbox;
    const run = hub.events.at(-1)?.epoch;
    const second = await start();
    await until('online', () => second.base.status().hub.state === 'online');
    expect(known()).toEqual({ run, seq: lastSeq });
    await until('ready', () => second.base.status().units[0]?.presence.state === 'ready');
    hub.cut();
    await until('it resumes again', () => hub.resumes.length >= 3);
    expect(known()?.run).not.toBe(run);
  });

  it('does nothing of its old journal before the hub has said what of it is over', async () => {
    const first = await start();
    await until('ready', () => hub.stateOf(unitId) === 'ready');
    await first.stop();
    // As in a copy that was made before it was carried out.
    const command = issued({ unitId });
    const database = new Database(join(folder, 'base.db'));
    database
      .prepare(
        `INSERT INTO journal (command_id, command, state, received_at_ms) VALUES (?, ?, 'received', 1)`,
      )
      .run(command.id, JSON.stringify(command));
    database.close();
    hub.forgetLog();
    const second = await start();
    await until('online', () => second.base.status().hub.state === 'online');
    expect(await ended(command)).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('for a hub that is restored from a backup', () => {
  it('a base describes its units again, and says whether they are there', async () => {
    await start();
    await until('ready', () => hub.stateOf(unitId) === 'ready');
    await until('described', () => hub.described.length > 0);
    hub.events.length = 0;
    hub.forgetLog();
    hub.cut();
    await until('described again', () => hub.described.length > 0);
    await until('ready again', () => hub.stateOf(unitId) === 'ready');
  });

  it('a base says again how a command ended', async () => {
    await start();
    await until('ready', () => hub.stateOf(unitId) === 'ready');
    const command = issued({ unitId });
    hub.issue(command);
    await ended(command);
    await until('settled', () => hub.events.length > 0);
    hub.events.length = 0;
    hub.forgetLog();
    hub.pending = [command];
    hub.cut();
    expect(await ended(command)).toMatchObject({ outcome: 'succeeded' });
  });

  it('a base names the last event that was confirmed with each batch', async () => {
    const base = await start();
    await until('ready', () => hub.stateOf(unitId) === 'ready');
    const settled: unknown[] = [];
    hub.onWebhook = (batch) => {
      settled.push(batch.data.settled);
      return undefined;
    };
    await until('confirmed', () => base.store.outbox.lastSettled !== undefined);
    const command = issued({ unitId });
    hub.issue(command);
    await ended(command);
    expect(settled.at(-1)).toMatchObject({ run: base.store.outbox.lastSettled?.run });
  });
});
