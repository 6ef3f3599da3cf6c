import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BaseId, CommandId, EventId, UnitId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { FakeBase, pairBase } from '../testing/fake-base.ts';
import { addUnit, finished, issue, startLampSite, traceOf } from '../testing/lamp-site.ts';
import { signUpOwner, snapshotOf, startTestHub } from '../testing/test-hub.ts';
import { describedLamp } from '../testing/things.ts';
import { watchSite } from '../testing/watcher.ts';

const presence = (unitId: UnitId) => ({
  type: 'unit.presence' as const,
  data: { unitId, state: 'ready' as const, atMs: 1_000, lastContactAtMs: 2_000 },
});

describe('a webhook', () => {
  it('is refused when it is forged, old, unsigned or not of this hub', async () => {
    const hub = await startTestHub();
    const base = await pairBase(hub, await signUpOwner(hub));
    const body = base.batch([presence(newId(UnitId))]);
    const forger = new FakeBase(hub, {
      id: base.id,
      key: generateKeyPairSync('ed25519').privateKey,
    });
    const unknown = new FakeBase(hub, {
      id: newId(BaseId),
      key: generateKeyPairSync('ed25519').privateKey,
    });
    const seconds = Math.floor(Date.now() / 1000);
    const late = { timestampSeconds: seconds - LIMITS.webhookToleranceSeconds - 5 };
    const early = { timestampSeconds: seconds + LIMITS.webhookToleranceSeconds + 5 };
    for (const [code, answer] of [
      ['webhook_signature_invalid', await forger.post(body)],
      ['webhook_signature_invalid', await unknown.post(body)],
      [
        'webhook_signature_invalid',
        await base.post(body, { headers: { 'webhook-id': 'another' } }),
      ],
      ['webhook_timestamp_invalid', await base.post(body, late)],
      ['webhook_timestamp_invalid', await base.post(body, early)],
      [
        'webhook_headers_missing',
        await base.post(body, { headers: { 'webhook-signature': '', 'webhook-id': 'a.b' } }),
      ],
    ] as const) {
      expect(answer.body).toMatchObject({ code });
    }
  });

  it('is refused when it is no batch', async () => {
    const hub = await startTestHub();
    const base = await pairBase(hub, await signUpOwner(hub));
    expect((await base.post('{')).body).toMatchObject({ code: 'malformed_json' });
    expect((await base.post('{}')).body).toMatchObject({ code: 'bad_request' });
    expect((await base.post(base.batch([]))).body).toMatchObject({ code: 'bad_request' });
    const huge = JSON.stringify({ filling: 'x'.repeat(LIMITS.webhookBodyBytes) });
    expect((await base.post(huge)).body).toMatchObject({ code: 'body_too_large' });
    const form = { headers: { 'content-type': 'text/plain' } };
    expect((await base.post('{}', form)).body).toMatchObject({ code: 'unsupported_media_type' });
  });

  it('counts each event once, however often and in whatever order it comes', async () => {
    const site = await startLampSite({ online: false });
    const { base, unitId } = site;
    const three = base.batch([
      { ...presence(unitId), seq: 12 },
      { ...presence(unitId), seq: 10 },
      { ...presence(unitId), seq: 12 },
    ]);
    expect((await base.post(three)).body).toEqual({ accepted: 2, duplicates: 1, refused: [] });
    expect((await base.post(three)).body).toEqual({ accepted: 0, duplicates: 3, refused: [] });
    const between = base.batch([{ ...presence(unitId), seq: 11 }]);
    expect((await base.post(between)).body).toEqual({ accepted: 1, duplicates: 0, refused: [] });
  });

  it('refuses a bad event alone, and for good', async () => {
    const { base, unitId } = await startLampSite({ online: false });
    const body = base.batch([
      { type: 'unit.presence', data: { unitId }, seq: 20 },
      { type: 'moon.landing', data: {}, seq: 21 },
      { ...presence(unitId), seq: 22 },
      { ...presence(newId(UnitId)), seq: 23 },
      { ...finished(newId(CommandId)), seq: 24 },
    ]);
    expect((await base.post(body)).body).toEqual({
      accepted: 1,
      duplicates: 0,
      refused: [
        { seq: 20, code: 'event_invalid' },
        { seq: 21, code: 'event_invalid' },
        { seq: 23, code: 'unit_unknown' },
        { seq: 24, code: 'command_unknown' },
      ],
    });
    expect((await base.post(body)).body).toMatchObject({ duplicates: 5 });
  });

  it('cannot report on units and commands of another base', async () => {
    const site = await startLampSite();
    const other = await pairBase(site.hub, site.owner);
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const receipt = await other.send(
      presence(site.unitId),
      finished(command.id),
      { type: 'unit.described', data: describedLamp(site.unitId) },
      {
        type: 'readings.recorded',
        data: {
          unitId: site.unitId,
          bootId: '00000001',
          readings: [
            {
              property: 'temperature',
              value: 1,
              measuredAtMs: 1,
              receivedAtMs: 1,
              clock: 'synced',
              seq: 1,
            },
          ],
        },
      },
      {
        type: 'units.declared',
        data: {
          units: [
            {
              unitId: newId(UnitId),
              name: 'mine',
              address: { host: '192.0.2.77', port: 1 },
              link: 'frames',
            },
            {
              unitId: site.unitId,
              name: 'theirs',
              address: { host: '192.0.2.78', port: 1 },
              link: 'frames',
            },
          ],
        },
      },
    );
    expect(receipt.refused.map(({ code }) => code)).toEqual(Array(5).fill('event_foreign'));
    expect((await traceOf(site, command.id)).command.state).not.toBe('succeeded');
    // The refused declaration left nothing of its first unit behind.
    expect((await snapshotOf(site.owner)).units).toHaveLength(1);
  });
});

describe('reports of a base about its units', () => {
  it('pins the hardware at first contact', async () => {
    const { base, unitId } = await startLampSite({ online: false });
    const receipt = await base.send({
      type: 'unit.described',
      data: describedLamp(unitId, { hardwareId: 'other' }),
    });
    expect(receipt.refused).toMatchObject([{ code: 'unit_wrong' }]);
  });

  it('shows presence, identity and events to the site', async () => {
    const site = await startLampSite();
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    await site.base.send(
      {
        type: 'unit.presence',
        data: {
          unitId: site.unitId,
          state: 'lost',
          code: 'unit_timeout',
          atMs: 1_000,
          lastContactAtMs: 500,
        },
      },
      {
        type: 'unit.event',
        data: {
          unitId: site.unitId,
          bootId: '00000001',
          seq: 1,
          event: 'pressed',
          data: true,
          measuredAtMs: 7,
          receivedAtMs: 8,
        },
      },
    );
    const { unit } = await watcher.next('unit.changed', (d) => d.unit.presence.state === 'lost');
    expect(unit.presence).toMatchObject({
      code: 'unit_timeout',
      since: new Date(1_000).toISOString(),
      lastContactAt: new Date(500).toISOString(),
    });
    expect(unit.identity).toMatchObject({ model: 'lamp', hardwareId: 'aabbccddeeff' });
    const event = await watcher.next('unit.event');
    expect(event).toMatchObject({ event: 'pressed', data: true, atMs: 7 });
  });

  it('adds and moves the units of its own configuration, and gets the list', async () => {
    const site = await startLampSite();
    const unitId = newId(UnitId);
    const declare = (host: string) => ({
      type: 'units.declared' as const,
      data: {
        units: [
          { unitId, name: 'Declared', address: { host, port: 8888 }, link: 'frames' as const },
        ],
      },
    });
    await site.base.send(declare('192.0.2.50'));
    const entry = await site.base.nextEntry((e) => e.type === 'units.assigned');
    expect(entry).toMatchObject({ data: { units: [{ unitId }], removed: [] } });
    await site.base.send(declare('192.0.2.51'));
    const { units } = await snapshotOf(site.owner);
    const declared = units.find(({ id }) => id === unitId);
    expect(declared).toMatchObject({
      ...{ name: 'Declared', endpoint: { kind: 'base', address: { host: '192.0.2.51' } } },
    });
    const again = await site.base.send(declare('192.0.2.51'));
    expect(again).toMatchObject({ accepted: 1, refused: [] });
    const batch = await site.base.send(declare('192.0.2.10'));
    expect(batch.refused).toMatchObject([{ code: 'unit_address_taken' }]);
    await addUnit(site, '192.0.2.99');
  });

  it('keeps event ids out of the way of its numbers', async () => {
    const { base, unitId } = await startLampSite({ online: false });
    const id = newId(EventId);
    const body = base.batch([
      { ...presence(unitId), seq: 30, ...{ id } },
      { ...presence(unitId), seq: 31, ...{ id } },
    ]);
    expect((await base.post(body)).body).toMatchObject({ accepted: 2 });
  });
});
