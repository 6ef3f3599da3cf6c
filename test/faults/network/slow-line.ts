import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FirmwareView } from '#protocol/http/firmware.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import { percentilesOf } from '../../bench/latencies.ts';
import { temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { FirmwareMaker } from '../../harness/update-images.ts';
import type { Random } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import type { SiteNetwork } from './site-network.ts';
import { command, type SiteFixture, startSite } from './site-fixture.ts';

const KBIT_PER_S = 200;
const BYTES_PER_MS = KBIT_PER_S / 8;
/** More than the line carries while commands are measured beside it. */
const FIRMWARE_BYTES = 2_000_000;
/** The smallest range of a download (base-unit/updates/range-pace.ts), with the headers of its answer, TLS and IP. */
const RANGE_BYTES = 4_096 + 1_024;
/** The request for a range, with its proof, on the way up beside the result. */
const REQUEST_BYTES = 1_280;
/**
 * What a command may wait for on the line beside a download: one range ahead
 * of it on the way down, the request for the next ahead of its result on the
 * way up. More than that in the queue is a download that does not leave room.
 */
const LINE_WAIT_MS = (RANGE_BYTES + REQUEST_BYTES) / BYTES_PER_MS;
/** The first range is twice as large, for the line is not known yet; and one command in twenty meets two waits. */
const MAX_WAITS = 2;
/** Longer than a range and the rest after it, so that commands come in all phases of the download. */
const MAX_PAUSE_MS = 500;
/**
 * A quarter of the line: half of its time is left to others, and headers, proofs and commands
 * take their share.
 */
const MIN_DOWNLOAD_BYTES_PER_MS = BYTES_PER_MS / 4;

export function slowLine(network: SiteNetwork): Scenario {
  return {
    name: 'slow-line',
    description: `firmware is downloaded over a line of ${KBIT_PER_S} kbit/s; commands go on beside it`,
    play: async ({ cleanup, isLong, random }) => {
      const fixture = await startSite({
        network,
        name: 'slow-line',
        kinds: ['lamp', 'lamp'],
        cleanup,
      });
      const maker = await FirmwareMaker.in(temporaryFolder(cleanup));
      network.slow(KBIT_PER_S);
      const count = isLong ? 100 : 30;
      // One-time set-up, such as connections, does not count towards a command's time.
      await measured(fixture, { count: 5, random });
      const alone = await measured(fixture, { count, random });
      await rollOut(fixture, maker);
      await until('the download is under way', () => downloadedBytes(fixture) > 0, 30_000);
      const [fromBytes, fromMs] = [downloadedBytes(fixture), performance.now()];
      const beside = await measured(fixture, { count, random });
      const bytes = downloadedBytes(fixture) - fromBytes;
      const bytesPerMs = bytes / (performance.now() - fromMs);
      const [before, during] = [percentilesOf(alone.durationMs), percentilesOf(beside.durationMs)];
      const p95WaitMs = during.p95Ms - before.p50Ms;
      const maxWaitMs = during.maxMs - before.p50Ms;
      return {
        notes: [
          `commands without a download: ${text(before)}`,
          `commands beside a download: ${text(during)}`,
          `the line lets p95 wait ${LINE_WAIT_MS.toFixed(0)} ms: it was ${p95WaitMs.toFixed(0)} ms`,
          `the download had ${((bytesPerMs / BYTES_PER_MS) * 100).toFixed(0)} % of the line meanwhile`,
        ],
        violations: [
          ...alone.failures,
          ...beside.failures,
          ...(p95WaitMs <= LINE_WAIT_MS ? [] : [`p95 waits ${p95WaitMs.toFixed(0)} ms`]),
          ...(maxWaitMs <= MAX_WAITS * LINE_WAIT_MS
            ? []
            : [`a command waits ${maxWaitMs.toFixed(0)} ms`]),
          ...(bytesPerMs >= MIN_DOWNLOAD_BYTES_PER_MS
            ? []
            : [`the download came to ${bytesPerMs.toFixed(1)} bytes/ms only`]),
        ],
      };
    },
  };
}

interface Measured {
  readonly durationMs: readonly number[];
  readonly failures: readonly string[];
}

/** Commands to the first unit, one after the other, at moments that have nothing to do with the download's. */
async function measured(
  fixture: SiteFixture,
  { count, random }: { readonly count: number; readonly random: Random },
): Promise<Measured> {
  const [unit] = fixture.units;
  if (!unit) throw new Error('a site has a unit');
  const durationMs: number[] = [];
  const failures: string[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    await sleep(random.int(0, MAX_PAUSE_MS));
    const done = await command(fixture, unit);
    durationMs.push(done.durationMs);
    if (done.state !== 'succeeded') failures.push(`a command ended as ${done.state}`);
  }
  return { durationMs, failures };
}

/** Firmware for the second unit, which its base has to fetch first. */
async function rollOut({ api, siteId, units }: SiteFixture, maker: FirmwareMaker): Promise<void> {
  const image = Buffer.alloc(FIRMWARE_BYTES, 'firmware');
  const file = await maker.sign(image, { platform: `linux-${process.arch}`, version: '9.0.0' });
  const uploaded = await api.call(FirmwareView, 'POST', `/api/sites/${siteId}/firmware`, {
    rawBody: file,
    headers: { 'content-type': 'application/octet-stream' },
  });
  const unitIds = units.slice(1).map(({ id }) => id);
  await api.post(RolloutView, `/api/sites/${siteId}/rollouts`, {
    firmwareId: uploaded.id,
    unitIds,
  });
}

/** Of the file that is not there in full. */
function downloadedBytes({ baseData }: SiteFixture): number {
  const folder = join(baseData, 'firmware');
  try {
    const part = readdirSync(folder).find((name) => name.endsWith('.part'));
    return part === undefined ? 0 : statSync(join(folder, part)).size;
  } catch {
    return 0;
  }
}

function text({ p50Ms, p95Ms, maxMs }: ReturnType<typeof percentilesOf>): string {
  const [p50, p95, max] = [p50Ms, p95Ms, maxMs].map((ms) => `${ms.toFixed(0)} ms`);
  return `p50 ${p50}, p95 ${p95}, max ${max}`;
}
