import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { SmallDisk, smallDiskObstacle } from '../../test/faults/small-disk.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { buildHub } from '../app.ts';
import { loadConfig } from '../config/config.ts';
import { PASSWORD, signUpOwner, startTestHub, temporaryFolder } from '../testing/test-hub.ts';
import { openDatabase } from './engine/sqlite/database.ts';
import { folderFault } from '#platform/files/folder-fault.ts';
import { GroupCommit } from './engine/sqlite/group-commit.ts';
import { migrate } from './migrations.ts';
import { getSetting, putSetting } from './settings.ts';

const obstacle = smallDiskObstacle();

function hubOn(dataFolder: string) {
  const ports = [
    ...['--https-port', '0', '--https-host', '127.0.0.1', '--http-port', '0'],
    ...['--mqtts-port', '0', '--mqtt-port', '0'],
  ];
  const loaded = loadConfig(['--data', dataFolder, ...ports], {});
  if (loaded.kind !== 'config') throw new Error('the hub refuses its arguments');
  const hub = buildHub({ config: loaded.config, log: pino({ level: 'silent' }) });
  onTestFinished(() => hub.close());
  return hub;
}

const isOfServer = inject('engine') === 'postgres';

describe.skipIf(obstacle !== undefined || isOfServer)(
  'a disk that is full when a transaction ends',
  () => {
    it('is the error that everyone in the transaction gets', async () => {
      const disk = new SmallDisk(4, atTestEnd);
      const db = openDatabase(join(disk.folder, 'hub'));
      atTestEnd.add(() => db.destroy());
      await migrate(db);
      const writer = new GroupCommit(db);
      await writer.run((tx) => putSetting(tx, 'channel_key', 'before'), 'ada');
      disk.fill();
      for (const together of [1, 2]) {
        const outcomes = await Promise.allSettled(
          Array.from({ length: together }, () =>
            // Fits into the memory of the database, and so meets the disk at the commit only.
            writer.run((tx) => putSetting(tx, 'channel_key', 'x'.repeat(100_000)), 'ada'),
          ),
        );
        for (const outcome of outcomes) {
          expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'storage_full' } });
        }
      }
      disk.free();
      expect(await getSetting(db, 'channel_key')).toBe('before');
      await writer.run((tx) => putSetting(tx, 'channel_key', 'after'), 'ada');
      expect(await getSetting(db, 'channel_key')).toBe('after');
    });

    it('is reported to a sign-in as what it is, and forgotten once there is room', async () => {
      const disk = new SmallDisk(8, atTestEnd);
      const hub = await startTestHub({ config: { dataFolder: join(disk.folder, 'hub') } });
      await signUpOwner(hub);
      const signIn = {
        path: '/api/sign-in',
        body: { email: 'ada@example.org', password: PASSWORD },
      };
      disk.fill();
      const answer = await hub.client().call(signIn);
      expect(answer).toMatchObject({ status: 507, body: { code: 'storage_full' } });
      disk.free();
      expect(await hub.client().done(signIn)).toBe(200);
    });

    it('is the sentence that a hub does not start with, new or not', async () => {
      const disk = new SmallDisk(8, atTestEnd);
      const dataFolder = join(disk.folder, 'hub');
      mkdirSync(dataFolder);
      for (const isNew of [true, false]) {
        disk.fill();
        const refused = await hubOn(dataFolder).start();
        expect(refused, isNew ? 'new' : 'not new').toEqual({
          ok: false,
          message: `The disk of ${dataFolder} is full: free some space there, then start again.`,
        });
        disk.free();
        const hub = hubOn(dataFolder);
        expect(await hub.start()).toMatchObject({ ok: true });
        await hub.close();
      }
    });

    it('that is not writable is reported as that', async () => {
      const disk = new SmallDisk(4, atTestEnd);
      mkdirSync(join(disk.folder, 'hub'));
      spawnSync('mount', ['-o', 'remount,ro', disk.folder]);
      for (const name of ['hub', 'another']) {
        expect(await hubOn(join(disk.folder, name)).start(), name).toHaveProperty(
          'message',
          expect.stringContaining('is on a disk that is mounted read-only'),
        );
      }
    });
  },
);

describe('a data folder', () => {
  it('is of one hub at a time, and free again when that has closed', async () => {
    const dataFolder = temporaryFolder(onTestFinished);
    const first = hubOn(dataFolder);
    expect(await first.start()).toMatchObject({ ok: true });
    const refused = {
      ok: false,
      message: `Another hub runs on ${dataFolder}: stop it, or choose another folder with --data.`,
    };
    expect(await hubOn(dataFolder).start()).toEqual(refused);
    // Having been refused takes nothing from who has it.
    expect(await hubOn(dataFolder).start()).toEqual(refused);
    await first.close();
    expect(await hubOn(dataFolder).start()).toMatchObject({ ok: true });
  });

  it('that is none, or is damaged, is reported in a sentence', async () => {
    const folder = temporaryFolder(onTestFinished);
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    for (const path of [file, join(file, 'below')]) {
      expect(await hubOn(path).start(), path).toHaveProperty(
        'message',
        expect.stringContaining('is not a folder'),
      );
    }
    writeFileSync(
      join(folder, 'hub.db'),
      'no database at all, and longer than the head of one'.repeat(9),
    );
    expect(await hubOn(folder).start()).toHaveProperty(
      'message',
      expect.stringContaining('is damaged: put back a copy'),
    );
  });

  it.each([
    ['EACCES', /^The user \S+ may not write to \/data\/hub: /],
    ['SQLITE_READONLY', /^The user \S+ may not write to \/data\/hub: /],
    ['EROFS', /mounted read-only/],
    ['EDQUOT', /is full/],
  ])('that answers with %s is reported in a sentence, however it was wrapped', (code, sentence) => {
    const cause = Object.assign(new Error('system'), { code });
    const wrapped = new AppError('internal', { cause });
    expect(folderFault(wrapped, '/data/hub')).toMatch(sentence);
    expect(folderFault(new Error('no'), '/data/hub')).toBeUndefined();
  });

  it('with settings that cannot be read does not start with others', () => {
    const folder = temporaryFolder(onTestFinished);
    mkdirSync(join(folder, 'hub.json'));
    expect(loadConfig(['--data', folder], {})).toMatchObject({ kind: 'problem' });
  });
});
