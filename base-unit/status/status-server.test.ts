import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { dataFolderAt } from '../config/data-folder.ts';
import { readStatus, notifyUnitsChanged } from './status-client.ts';
import { StatusServer } from './status-server.ts';

function serverAt(path: string, unitsChanged: () => void = () => undefined): StatusServer {
  const server = new StatusServer({
    path,
    log: pino({ level: 'silent' }),
    status: () => {
      throw new Error('nobody asks');
    },
    unitsChanged,
  });
  onTestFinished(() => server.close());
  return server;
}

const canConnect = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('the status socket', () => {
  it('is in a folder for its owner alone, though the data folder is open', async () => {
    const data = temporaryFolder(atTestEnd);
    chmodSync(data, 0o755);
    const { statusSocket } = dataFolderAt(data);
    await serverAt(statusSocket).start();
    expect(statusSocket.startsWith(data)).toBe(true);
    expect(statSync(dirname(statusSocket)).mode & 0o777).toBe(0o700);
    expect(statSync(statusSocket).mode & 0o777).toBe(0o600);
    expect(await canConnect(statusSocket)).toBe(true);
  });

  it('notifies the base that another process changed its units', async () => {
    const { statusSocket } = dataFolderAt(temporaryFolder(atTestEnd));
    let notified = 0;
    const server = serverAt(statusSocket, () => {
      notified += 1;
    });
    await server.start();
    await notifyUnitsChanged(statusSocket);
    expect(notified).toBe(1);
    await server.close();
    await expect(notifyUnitsChanged(statusSocket)).rejects.toMatchObject({ code: 'not_ready' });
  });

  it('is neither opened nor believed in a folder that others may enter', async () => {
    const folder = join(temporaryFolder(atTestEnd), 'run');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    const path = join(folder, 'status.sock');
    await expect(serverAt(path).start()).rejects.toMatchObject({ code: 'forbidden' });
    await expect(readStatus(path)).rejects.toMatchObject({ code: 'forbidden' });
    const link = join(temporaryFolder(atTestEnd), 'link');
    symlinkSync(temporaryFolder(atTestEnd), link);
    const linked = join(link, 'status.sock');
    await expect(serverAt(linked).start()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('of a folder with a long name is where the system keeps such things, else apart by user', () => {
    const long = join('/', 'x'.repeat(120));
    const runtime = dataFolderAt(long, { XDG_RUNTIME_DIR: '/run/user/7' }).statusSocket;
    expect(runtime).toMatch(/^\/run\/user\/7\/signalbox\/[0-9a-f]{24}\.sock$/);
    const fallback = dataFolderAt(long, {}).statusSocket;
    expect(fallback).toMatch(/\/signalbox-\d+\/[0-9a-f]{24}\.sock$/);
    expect(dataFolderAt(`${long}y`, {}).statusSocket).not.toBe(fallback);
  });
});
