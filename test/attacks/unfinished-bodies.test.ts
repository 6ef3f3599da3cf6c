import { describe, expect, it } from 'vitest';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { BaseId, UnitId, newId } from '#protocol/ids.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { RawBase } from '../harness/raw-base.ts';
import { until } from '#platform/testing/until.ts';
import { type HubTarget, rawConnection, request, startHubTarget } from './hub-target.ts';
import { SiteList } from './site-list.ts';

const JSON_TYPE = 'Content-Type: application/json';
const BODY_BYTES = 520_000;

async function pairedBase({ owner }: HubTarget): Promise<RawBase> {
  const { sites } = await owner.get(SiteList, '/api/sites');
  const path = `/api/sites/${sites[0]?.id ?? ''}/claim-codes`;
  const { code } = await owner.post(ClaimCodeCreated, path, { baseName: 'Attic' });
  return await RawBase.claim(owner, code);
}

/** The head of a webhook whose body is on its way, and most of that body. */
function partOfWebhook(baseId: string, signed: Readonly<Record<string, string>>): string {
  const headers = Object.entries(signed).map(([name, value]) => `${name}: ${value}`);
  return request(
    `POST /api/webhooks/bases/${baseId}`,
    [JSON_TYPE, `Content-Length: ${BODY_BYTES + 4_000}`, ...headers],
    'x'.repeat(BODY_BYTES),
  );
}

describe('bodies that are never finished', () => {
  it('are not read from non-bases, or after the deadline', async () => {
    const target = await startHubTarget(atTestEnd);
    const base = await pairedBase(target);
    const late = Math.floor(Date.now() / 1_000) - 4_000;
    for (const [code, attack] of [
      ['webhook_signature_invalid', partOfWebhook(newId(BaseId), base.headersFor('x'))],
      ['webhook_timestamp_invalid', partOfWebhook(base.id, base.headersFor('x', late))],
      ['webhook_headers_missing', partOfWebhook(base.id, {})],
    ] as const) {
      const { socket, received } = await rawConnection(target.port, atTestEnd);
      socket.write(attack);
      await until('it is refused', () => received().includes(code));
      expect(target.hub.gauges['http.bodyBytes'], code).toBe(0);
    }
  });

  it('are rejected beyond the bound, the oldest first', async () => {
    const target = await startHubTarget(atTestEnd, {
      bounds: { loadBounds: { requests: 2_000, bytes: 4 * 1_048_576 } },
    });
    const base = await pairedBase(target);
    const attack = partOfWebhook(base.id, base.headersFor('x'));
    const attackers = await Promise.all(
      Array.from({ length: 40 }, () => rawConnection(target.port, atTestEnd)),
    );
    for (const { socket } of attackers) socket.write(attack);
    await until(
      'the oldest were given up',
      () => attackers.filter(({ received }) => received().includes('overloaded')).length >= 30,
    );
    const { gauges } = target.hub;
    expect(gauges['http.bodyBytes']).toBeLessThan(5 * 1_048_576);
    expect(gauges['http.unfinishedBodies']).toBeGreaterThan(0);
    // Meanwhile everybody else is served, large bodies included.
    expect((await target.owner.send('GET', '/api/sites')).status).toBe(200);
    expect((await target.owner.send('GET', '/readyz')).status).toBe(200);
    const presence = { unitId: newId(UnitId), state: 'ready', atMs: 1, lastContactAtMs: 1 };
    const events = [
      { seq: 1, type: 'unit.presence', data: { ...presence, x: 'x'.repeat(400_000) } },
    ];
    expect((await base.post(base.batch(events))).status).toBe(200);
    for (const { socket } of attackers) socket.destroy();
    await until('nothing is left', () => target.hub.gauges['http.bodyBytes'] === 0);
  });

  it('come from so many connections of one address, and no more', async () => {
    const target = await startHubTarget(atTestEnd, {
      args: ['--connections-per-address', '20', '--shared-addresses', '127.0.0.1'],
    });
    const from = { localAddress: '127.0.0.2' };
    const opened = await Promise.all(
      Array.from({ length: 60 }, () => rawConnection(target.port, atTestEnd, from)),
    );
    await until(
      'the rest is turned away',
      () => opened.filter(({ isClosed }) => isClosed()).length === 40,
    );
    expect((await target.owner.send('GET', '/api/sites')).status).toBe(200);
    const [one] = opened.filter(({ isClosed }) => !isClosed());
    one?.socket.destroy();
    const late = await rawConnectionOnce(target.port, from);
    late.socket.write(request('GET /healthz', ['Connection: close']));
    await until('there is room again', () => late.received().includes('200 OK'));
    expect(target.logged.filter(({ msg }) => msg === 'connections refused').length).toBeLessThan(9);
  });
});

/** As soon as the hub has noticed that another one has gone. */
async function rawConnectionOnce(port: number, from: { readonly localAddress: string }) {
  return await until('it is let in', async () => {
    const connection = await rawConnection(port, atTestEnd, from);
    connection.socket.write(request('GET /healthz'));
    await until(
      'it is answered or turned away',
      () => connection.isClosed() || connection.received().includes('200 OK'),
    );
    return connection.isClosed() ? undefined : connection;
  });
}
