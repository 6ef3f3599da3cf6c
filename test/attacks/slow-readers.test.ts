import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { rawConnection, request, startHubTarget } from './hub-target.ts';

/** More than the system keeps of it by itself. */
const LARGE_BYTES = 16 * 1_048_576;

async function targetWithLargeFile(bounds: { requests?: number; answerBytes?: number }) {
  const folder = temporaryFolder(atTestEnd);
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets/large.txt'), 'x'.repeat(LARGE_BYTES));
  return await startHubTarget(atTestEnd, {
    args: ['--dashboard', folder],
    bounds: { loadBounds: bounds },
  });
}

async function deafReaders(port: number, count: number) {
  const readers = await Promise.all(
    Array.from({ length: count }, () => rawConnection(port, atTestEnd, { isDeaf: true })),
  );
  for (const { socket } of readers) {
    socket.pause();
    socket.write(request('GET /assets/large.txt'));
  }
  return readers;
}

it('answers others while many answers are fetched as slowly as can be', async () => {
  const { hub, port, owner } = await targetWithLargeFile({ requests: 20 });
  await deafReaders(port, 40);
  await until('they wait', () => (hub.gauges['connections.unanswered'] ?? 0) >= 20);
  expect((await owner.send('GET', '/api/sites')).status).toBe(200);
  expect((await owner.send('GET', '/readyz')).status).toBe(200);
});

it('cuts the slowest where what is kept for them becomes too much', async () => {
  const { hub, port, owner } = await targetWithLargeFile({ answerBytes: 20 * 65_536 });
  await deafReaders(port, 40);
  await until('some are cut', () => {
    const unanswered = hub.gauges['connections.unanswered'] ?? 0;
    return unanswered > 0 && unanswered <= 21 && (hub.gauges['http.unreadBytes'] ?? 0) > 0;
  });
  expect((await owner.send('GET', '/api/sites')).status).toBe(200);
});
