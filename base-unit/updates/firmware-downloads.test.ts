import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROBLEM_MEDIA_TYPE, toProblem } from '#protocol/http/problem.ts';
import { FirmwareId, newId, UpdateId } from '#protocol/ids.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { HubHttp } from '../hub-link/hub-http.ts';
import { FirmwareDownloads } from './firmware-downloads.ts';

const FILE = Buffer.alloc(200_000, 'machine code ');
const OCTETS = { 'content-type': 'application/octet-stream' };

function orderOf(file: Uint8Array): UpdateOrder {
  return {
    updateId: newId(UpdateId),
    firmwareId: newId(FirmwareId),
    sha256: createHash('sha256').update(file).digest('hex'),
    fileBytes: file.length,
  };
}

async function fixture(
  serve: RequestListener,
  clock: Pick<Clock, 'monotonicMs' | 'after'> = systemClock,
) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    expect(request.headers.authorization).toBe('Bearer proof');
    serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const http = new HubHttp({ origin: `http://127.0.0.1:${address.port}` });
  atTestEnd.add(() => server.close());
  atTestEnd.add(() => http.close());
  const folder = join(temporaryFolder(atTestEnd), 'firmware');
  const downloads = new FirmwareDownloads({
    clock,
    folder,
    http,
    assertion: () => Promise.resolve('proof'),
  });
  const { signal } = new AbortController();
  return {
    ranges,
    folder,
    downloads,
    fetch: (order: UpdateOrder) => downloads.fetch(order, signal),
  };
}

/** As the hub answers. */
const whole: RequestListener = (request, response) => {
  const [, from = '0'] = /bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from);
  const range = { 'content-range': `bytes ${start}-${FILE.length - 1}/${FILE.length}` };
  response.writeHead(start > 0 ? 206 : 200, { ...OCTETS, ...(start > 0 ? range : {}) });
  response.end(FILE.subarray(start));
};

it('resumes after a cut, and leaves nothing behind when it is discarded', async () => {
  const cut: ServerResponse[] = [];
  const { ranges, folder, downloads, fetch } = await fixture((request, response) => {
    if (cut.length > 0) {
      whole(request, response);
      return;
    }
    cut.push(response);
    response.writeHead(200, { ...OCTETS, 'content-length': FILE.length });
    response.write(FILE.subarray(0, 70_000));
  });
  const order = orderOf(FILE);
  const path = join(folder, `${order.sha256}.part`);
  const broken = expect(fetch(order)).rejects.toMatchObject({ code: 'hub_unreachable' });
  await until('some of it is on the disk', () => existsSync(path) && statSync(path).size > 0);
  cut[0]?.destroy();
  await broken;
  const there = statSync(path).size;
  expect(there).toBeLessThan(FILE.length);
  expect(Buffer.from(await fetch(order)).equals(FILE)).toBe(true);
  expect(ranges[0]).toMatch(/^bytes=0-/);
  expect(ranges[1]).toMatch(new RegExp(`^bytes=${there}-`));
  await downloads.forget(order);
  expect(readdirSync(folder)).toEqual([]);
});

/** A line that carries so many bytes in a millisecond, and a clock that knows of nothing else. */
function line(bytesPerMs: number) {
  let nowMs = 0;
  const rests: number[] = [];
  const requested: number[] = [];
  const serve: RequestListener = (request, response) => {
    const [, from = '', to = ''] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(from), Number(to)];
    requested.push(end - start + 1);
    nowMs += (end - start + 1) / bytesPerMs;
    response.writeHead(206, { ...OCTETS, 'content-range': `bytes ${start}-${end}/${FILE.length}` });
    response.end(FILE.subarray(start, end + 1));
  };
  const clock: Pick<Clock, 'monotonicMs' | 'after'> = {
    monotonicMs: () => nowMs,
    after: (ms, run) => {
      rests.push(ms);
      nowMs += ms;
      setImmediate(run);
      return () => undefined;
    },
  };
  return { serve, clock, requested, rests, nowMs: () => nowMs };
}

it('leaves half of a slow line to others, and each of them waits for a small range at most', async () => {
  const { serve, clock, requested, rests, nowMs } = line(25);
  const { fetch } = await fixture(serve, clock);
  expect(Buffer.from(await fetch(orderOf(FILE))).equals(FILE)).toBe(true);
  expect(Math.max(...requested.slice(1))).toBeLessThanOrEqual(25 * 200);
  const restedMs = rests.reduce((sum, ms) => sum + ms, 0);
  expect(restedMs).toBeGreaterThan(nowMs() * 0.45);
});

it('uses few ranges on a fast line, without pauses', async () => {
  const { serve, clock, requested, rests } = line(10_000);
  const { fetch } = await fixture(serve, clock);
  expect(Buffer.from(await fetch(orderOf(FILE))).equals(FILE)).toBe(true);
  expect(requested.length).toBeLessThan(8);
  expect(rests).toEqual([]);
});

it('starts over if the answer is the whole file, or another one', async () => {
  const { folder, fetch } = await fixture((request, response) => {
    if (request.headers.range !== undefined) response.setHeader('x-ignored', 'range');
    response.writeHead(200, OCTETS).end(FILE);
  });
  const order = orderOf(FILE);
  const other = orderOf(Buffer.from('another'));
  await fetch(order);
  writeFileSync(join(folder, `${order.sha256}.part`), FILE.subarray(0, 9));
  expect(Buffer.from(await fetch(order)).equals(FILE)).toBe(true);
  await expect(fetch(other)).rejects.toMatchObject({ code: 'body_too_large' });
  // One begun file at a time.
  expect(existsSync(join(folder, `${order.sha256}.part`))).toBe(false);
});

it('waits so long and no longer for a file that comes byte by byte, and keeps what has come', async () => {
  let nowMs = 0;
  const drips: ReturnType<typeof setInterval>[] = [];
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const { folder, fetch } = await fixture((_request, response) => {
    response.writeHead(200, { ...OCTETS, 'content-length': FILE.length });
    const drip = setInterval(() => {
      nowMs += 10_000;
      response.write('m');
    }, 1);
    drips.push(drip);
    response.on('close', () => clearInterval(drip));
  }, clock);
  atTestEnd.add(() => drips.forEach((drip) => clearInterval(drip)));
  const order = orderOf(FILE);
  await expect(fetch(order)).rejects.toMatchObject({ code: 'hub_unreachable' });
  expect(nowMs).toBeGreaterThanOrEqual(60_000 + FILE.length);
  expect(statSync(join(folder, `${order.sha256}.part`)).size).toBeGreaterThan(0);
});

it('keeps nothing of a file that is another than was ordered', async () => {
  const { folder, fetch } = await fixture(whole);
  const order = { ...orderOf(FILE), sha256: '0'.repeat(64) };
  await expect(fetch(order)).rejects.toMatchObject({ code: 'update_corrupted' });
  expect(readdirSync(folder)).toEqual([]);
});

it("says the hub's own reason, and knows an answer that is not the hub's", async () => {
  const refusing = await fixture((_request, response) => {
    response
      .writeHead(404, { 'content-type': PROBLEM_MEDIA_TYPE })
      .end(JSON.stringify(toProblem('firmware_unknown')));
  });
  await expect(refusing.fetch(orderOf(FILE))).rejects.toMatchObject({ code: 'firmware_unknown' });
  const foreign = await fixture((_request, response) => {
    response.writeHead(404).end(JSON.stringify(toProblem('firmware_unknown')));
  });
  await expect(foreign.fetch(orderOf(FILE))).rejects.toMatchObject({ code: 'hub_answer_foreign' });
});

it.each([200, 206, 302, 403])(
  'keeps what is here when a foreign server answers with %i and a page',
  async (status) => {
    const { folder, fetch } = await fixture((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    });
    const order = orderOf(FILE);
    mkdirSync(folder);
    const path = join(folder, `${order.sha256}.part`);
    writeFileSync(path, FILE.subarray(0, 9));
    await expect(fetch(order)).rejects.toMatchObject({ code: 'hub_answer_foreign' });
    expect(statSync(path).size).toBe(9);
  },
);
