import { expect, it } from 'vitest';
import type { UnitId } from '#protocol/ids.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { Random } from '../faults/random.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { type RawConnection, rawConnection, request, startHubTarget } from './hub-target.ts';
import { SpeakingBase, signUpWithSite } from './speaking-base.ts';

/** What the hub has for one account (docs/events.md section 5). */
const PER_ACCOUNT = 32;
const TRIED = 80;
/** Each of them more than waits for one reader at the hub. */
const BATCHES = process.env['SIGNALBOX_LONG'] === '1' ? 200 : 6;
const EVENTS = 100;
const STORM = process.env['SIGNALBOX_LONG'] === '1' ? 3_000 : 120;
/** Of ordinary answers on a machine that does other things too. */
const PATIENCE_MS = 25_000;

const random = new Random(Number(process.env['SIGNALBOX_SEED'] ?? '1'));

interface Account {
  readonly api: ApiClient;
  readonly siteId: string;
}

async function openStream(
  port: number,
  { api, siteId }: Account,
  isDeaf = false,
): Promise<RawConnection> {
  const connection = await rawConnection(port, atTestEnd, { isDeaf });
  if (isDeaf) connection.socket.pause();
  const headers = [`Cookie: ${api.cookie}`, 'Accept: text/event-stream'];
  connection.socket.write(request(`GET /api/sites/${siteId}/events?after=0`, headers));
  return connection;
}

const statusOf = ({ received }: RawConnection): string =>
  /^HTTP\/1\.1 (\d+)/.exec(received())?.[1] ?? '';

const revsOf = ({ received }: RawConnection): number[] =>
  [...received().matchAll(/^id: [^/\n]+\/(\d+)\nevent: (?!opened)/gm)].map(([, rev]) =>
    Number(rev),
  );

function press(unitId: UnitId, seq: number) {
  const atMs = Date.now();
  return {
    type: 'unit.event' as const,
    data: {
      ...{ unitId, bootId: '00000001', seq, event: 'pressed', data: 'x'.repeat(900) },
      ...{ measuredAtMs: atMs, receivedAtMs: atMs },
    },
  };
}

it('serves others while one account opens streams without end, and reads few of them', async () => {
  const { hub, port, owner, logged } = await startHubTarget(atTestEnd);
  const gauge = (): number => hub.gauges['services.eventStreams'] ?? -1;
  const mallory = await signUpWithSite(owner, 'Mallory');
  const grace = await signUpWithSite(owner, 'Grace');
  const base = await SpeakingBase.pair(mallory.api, mallory.siteId);
  const unitId = await base.addLamp('192.0.2.10');

  const reading: RawConnection[] = [];
  const deaf: RawConnection[] = [];
  for (let tried = 0; tried < TRIED; tried += 1) {
    const isDeaf = tried % 4 !== 0;
    (isDeaf ? deaf : reading).push(await openStream(port, mallory, isDeaf));
  }
  await until('all that may be are open', () => gauge() === PER_ACCOUNT);
  await until('every reader is answered', () => reading.every((one) => statusOf(one) !== ''));
  expect(new Set(reading.map(statusOf))).toEqual(new Set(['200', '503']));

  const flood = (async () => {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const first = batch * EVENTS + 1;
      await base.send(...Array.from({ length: EVENTS }, (_, more) => press(unitId, first + more)));
    }
  })();
  const begunMs = performance.now();
  const own = await openStream(port, grace);
  for (let time = 1; time <= 10; time += 1) {
    const path = `/api/sites/${grace.siteId}`;
    const { status } = await grace.api.send('PATCH', path, { body: { name: `Home ${time}` } });
    expect(status).toBe(200);
    await until('it is in the stream', () => own.received().includes(`"Home ${time}"`));
  }
  expect(performance.now() - begunMs).toBeLessThan(PATIENCE_MS);
  await flood;
  const open = reading.filter((one) => statusOf(one) === '200');
  await until('those that read have all', () =>
    open.every((one) => revsOf(one).length >= BATCHES * EVENTS),
  );
  for (const one of open) expect(revsOf(one)).toEqual(revsOf(one).map((_, index) => index + 1));
  expect(gauge()).toBe(PER_ACCOUNT + 1);

  for (const { socket } of [...reading, ...deaf]) socket.destroy();
  await until('only the other is left', () => gauge() === 1);

  // Opened and broken off at once, or a moment later.
  for (let opened = 0; opened < STORM; opened += 1) {
    const { socket, received } = await openStream(port, mallory);
    if (random.int(0, 2) === 0) await until('it begins', () => received() !== '');
    socket.destroy();
  }
  await until('nothing is left of them', () => gauge() === 1);
  expect((await owner.send('GET', '/readyz')).status).toBe(200);
  own.socket.destroy();
  await until('nothing is left', () => gauge() === 0);
  await until('no request either', () => hub.gauges['http.requests'] === 0);
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
});
