import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BatchReceipt } from '#protocol/hub-link/base-events.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { Problem } from '#protocol/http/problem.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import { signWebhook } from '#protocol/webhook/standard-webhooks.ts';
import type { ApiAnswer } from '../harness/api-client.ts';
import { RawBase, type RawEvent } from '../harness/raw-base.ts';
import { startedOnce } from '../harness/started-once.ts';
import { startSystem } from '../harness/system.ts';

const fixture = startedOnce(async (cleanup) => {
  const system = await startSystem({ units: [], implementation: 'virtual', cleanup });
  const base = await RawBase.claim(system.api, await system.claimCode('Workshop'));
  const unit = await system.addUnit(base.id, 'Meter', 7_777);
  return { system, base, unitId: unit.id };
});

function reading(seq: number, unitId: UnitId, property = 'illuminance'): RawEvent {
  const atMs = Date.now();
  const one = {
    property,
    value: seq,
    measuredAtMs: atMs,
    receivedAtMs: atMs,
    clock: 'synced',
    seq,
  };
  return { seq, type: 'readings.recorded', data: { unitId, bootId: '0000abcd', readings: [one] } };
}

function receiptOf(answer: ApiAnswer): BatchReceipt {
  expect(answer.status, answer.text).toBe(200);
  return BatchReceipt.parse(JSON.parse(answer.text));
}

function refusalOf(answer: ApiAnswer): { status: number; code: ErrorCode } {
  return { status: answer.status, code: Problem.parse(JSON.parse(answer.text)).code };
}

describe('a webhook of a base', () => {
  it('is stored once, even when it comes again, in another batch and order', async () => {
    const { base, system, unitId } = fixture();
    const first = base.batch([reading(1, unitId), reading(2, unitId)]);
    expect(receiptOf(await base.post(first))).toEqual({ accepted: 2, duplicates: 0, refused: [] });
    expect(receiptOf(await base.post(first))).toEqual({ accepted: 0, duplicates: 2, refused: [] });
    const mixed = base.batch([reading(4, unitId), reading(2, unitId), reading(3, unitId)]);
    expect(receiptOf(await base.post(mixed))).toEqual({ accepted: 2, duplicates: 1, refused: [] });
    const points = await system.unitById(unitId).rawHistory(0);
    expect(points.map(({ last }) => last).toSorted()).toEqual([1, 2, 3, 4]);
  });

  it('is refused when it is signed with another key', async () => {
    const { base, unitId } = fixture();
    const { privateKey } = generateKeyPairSync('ed25519');
    const body = base.batch([reading(90, unitId)]);
    const headers = signWebhook(
      {
        id: `msg_${randomBytes(8).toString('hex')}`,
        timestampSeconds: Math.floor(Date.now() / 1_000),
        body: Buffer.from(body),
      },
      [{ version: 'v1a', sign: (content) => sign(null, content, privateKey) }],
    );
    expect(refusalOf(await base.post(body, headers))).toEqual({
      status: 401,
      code: 'webhook_signature_invalid',
    });
  });

  it('is refused when its body was changed on the way', async () => {
    const { base, unitId } = fixture();
    const body = base.batch([reading(91, unitId)]);
    const headers = base.headersFor(body);
    expect(refusalOf(await base.post(body.replace('91', '92'), headers))).toEqual({
      status: 401,
      code: 'webhook_signature_invalid',
    });
  });

  it('is refused when it is old, or has no signature at all', async () => {
    const { base, unitId } = fixture();
    const body = base.batch([reading(93, unitId)]);
    const tenMinutesAgo = Math.floor(Date.now() / 1_000) - 600;
    expect(refusalOf(await base.post(body, base.headersFor(body, tenMinutesAgo)))).toEqual({
      status: 401,
      code: 'webhook_timestamp_invalid',
    });
    expect(refusalOf(await base.post(body, {}))).toEqual({
      status: 400,
      code: 'webhook_headers_missing',
    });
  });

  it('settles good events when one beside them is wrong, and says which', async () => {
    const { base, unitId } = fixture();
    const body = base.batch([
      reading(101, unitId),
      { seq: 102, type: 'readings.recorded', data: { unitId, readings: 'none' } },
      { seq: 103, type: 'lamp.started', data: {} },
      reading(104, newId(UnitId)),
      reading(105, unitId),
    ]);
    expect(receiptOf(await base.post(body))).toEqual({
      accepted: 2,
      duplicates: 0,
      refused: [
        { seq: 102, code: 'event_invalid' },
        { seq: 103, code: 'event_invalid' },
        { seq: 104, code: 'unit_unknown' },
      ],
    });
  });

  it('may not report on a unit of another base', async () => {
    const { base, system } = fixture();
    const other = await RawBase.claim(system.api, await system.claimCode('Cellar'));
    const foreign = await system.addUnit(other.id, 'Pump', 7_778);
    const receipt = receiptOf(await base.post(base.batch([reading(200, foreign.id)])));
    expect(receipt.refused).toEqual([{ seq: 200, code: 'event_foreign' }]);
  });

  it('is refused when it is no batch, no JSON or too large', async () => {
    const { base } = fixture();
    for (const [body, status, code] of [
      ['{"type":"base.events"}', 400, 'bad_request'],
      ['{"type":', 400, 'malformed_json'],
      [`{"type":"${'x'.repeat(600_000)}"}`, 413, 'body_too_large'],
    ] as const) {
      expect(refusalOf(await base.post(body))).toEqual({ status, code });
    }
  });
});
