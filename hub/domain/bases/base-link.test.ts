import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BaseView, ClaimCodeCreated, ClaimCodeStatus } from '#protocol/http/bases.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { BaseId, ClaimId, Epoch, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { FakeBase } from '../../testing/fake-base.ts';
import { pairBase } from '../../testing/fake-base.ts';
import { addUnit, commandAtBase, issue, startLampSite, traceOf } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { signUpOwner, signUpOther, snapshotOf, startTestHub } from '../../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';
import { watchSite } from '../../testing/watcher.ts';

const rawKey = (): string =>
  String(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x);

describe('pairing', () => {
  it('accepts each claim code once, and only until it expires', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const make = async () =>
      await owner.client.request(ClaimCodeCreated, {
        path: `/api/sites/${owner.siteId}/claim-codes`,
        body: { baseName: 'Attic' },
      });
    const claim = (code: string) => ({
      path: '/api/bases/claim',
      body: { secret: parseClaimCode(code)?.secret, publicKey: rawKey(), version: '1' },
    });
    const status = async (id: string) =>
      (await owner.client.request(ClaimCodeStatus, { path: `/api/claim-codes/${id}` })).state;
    const created = await make();
    // Which names it has is the machine's; localhost is the last resort.
    expect(created.hubUrls[0]).toMatch(/^https:\/\/[^/]+:\d+$/);
    expect(await status(created.id)).toBe('waiting');
    const nobody = hub.client();
    expect(await nobody.done(claim(created.code))).toBe(201);
    expect(await status(created.id)).toBe('claimed');
    expect(await nobody.refused(claim(created.code))).toBe('claim_code_used');
    expect(
      await nobody.refused({
        path: '/api/bases/claim',
        body: { secret: '000000000000', publicKey: rawKey(), version: '1' },
      }),
    ).toBe('claim_code_invalid');
    const late = await make();
    clock.advance(LIMITS.claimCodeTtlMs + 1);
    expect(await nobody.refused(claim(late.code))).toBe('claim_code_expired');
    expect(await status(late.id)).toBe('expired');
    const otherUser = await signUpOther(hub, owner);
    expect(await otherUser.refused({ path: `/api/claim-codes/${late.id}` })).toBe(
      'claim_code_invalid',
    );
    expect(await owner.client.refused({ path: `/api/claim-codes/${newId(ClaimId)}` })).toBe(
      'claim_code_invalid',
    );
  });

  it('keeps a base for the members of its site', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const base = await pairBase(hub, owner);
    const otherUser = await signUpOther(hub, owner);
    const path = `/api/bases/${base.id}`;
    expect(await otherUser.refused({ path })).toBe('base_unknown');
    expect(await otherUser.refused({ method: 'PATCH', path, body: { name: 'x' } })).toBe(
      'base_unknown',
    );
    expect(await otherUser.refused({ method: 'DELETE', path })).toBe('base_unknown');
    const renamed = await owner.client.request(BaseView, {
      method: 'PATCH',
      path,
      body: { name: 'Cellar' },
    });
    expect(renamed).toMatchObject({ name: 'Cellar', presence: { state: 'unknown' } });
    expect(await owner.client.refused({ path: `/api/bases/${newId(BaseId)}` })).toBe(
      'base_unknown',
    );
  });
});

describe('the assertion of a base', () => {
  it('is refused when forged, for another purpose, too long-lived, stale or used before', async () => {
    const hub = await startTestHub();
    const base = await pairBase(hub, await signUpOwner(hub));
    const now = Math.floor(Date.now() / 1000);
    const refusal = async (change: Parameters<FakeBase['assertion']>[0]) => {
      const refused = await base.connect(await base.assertion(change));
      base.disconnect();
      return refused;
    };
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(await refusal({ key: privateKey })).toBe('assertion_invalid');
    expect(await refusal({ sub: newId(BaseId) })).toBe('assertion_invalid');
    expect(await refusal({ aud: 'somebody' })).toBe('assertion_invalid');
    expect(await refusal({ exp: now + 3_600 })).toBe('assertion_invalid');
    expect(await refusal({ iat: now - 900, exp: now - 840 })).toBe('clock_skewed');
    expect(await refusal({ iat: now + 900, exp: now + 960 })).toBe('clock_skewed');
    const assertion = await base.assertion();
    expect(await base.connect(assertion)).toBeUndefined();
    expect(await base.connect(assertion)).toBe('assertion_invalid');
    base.disconnect();
  });

  it('opens only its own channel', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const base = await pairBase(hub, owner);
    const other = await pairBase(hub, owner);
    expect(await base.connect()).toBeUndefined();
    expect((await base.authorize(other.channel)).body).toMatchObject({ code: 'channel_forbidden' });
    const site = `private-site.${owner.siteId}`;
    expect((await base.authorize(site)).body).toMatchObject({ code: 'channel_forbidden' });
    const reply = await base.resume();
    expect(reply).toMatchObject({ ok: false, code: 'channel_forbidden' });
    base.disconnect();
  });
});

describe('the log of a base', () => {
  it('continues without a gap, page by page, without what ended meanwhile', async () => {
    const site = await startLampSite();
    const first = await site.base.resume();
    if (!first.ok) throw new Error(first.code);
    site.base.disconnect();
    await until('offline to the dispatcher', async () => {
      const { bases } = await snapshotOf(site.owner);
      return bases[0]?.presence.state === 'online' ? true : undefined;
    });
    const second = await addUnit(site, '192.0.2.11');
    const third = await addUnit(site, '192.0.2.12');
    const cancelled = await issue(site, { verb: 'enqueue', affordance: 'on', input: true });
    await site.owner.client.call({ method: 'POST', path: `/api/commands/${cancelled.id}/cancel` });
    for (let index = 0; index < 48; index += 1) {
      await issue(site, { verb: 'enqueue', affordance: 'brightness', input: index });
    }
    for (let index = 0; index < 60; index += 1) {
      await site.owner.client.done({
        method: 'PATCH',
        path: `/api/units/${index % 2 === 0 ? second.id : third.id}`,
        body: { name: `Name ${index}` },
      });
    }
    await site.base.connect();
    await site.base.join();
    const seqs: number[] = [];
    let lastSeq = first.headSeq;
    for (;;) {
      const page = await site.base.resume(first.epoch, lastSeq);
      if (!page.ok || !page.recovered) throw new Error('not recovered');
      expect(page.entries.length).toBeLessThanOrEqual(LIMITS.resumePageEntries);
      seqs.push(...page.entries.map(({ seq }) => seq));
      for (const entry of page.entries) {
        if (entry.seq === cancelled.seq) expect(entry.type).toBe('command.cancelled');
      }
      lastSeq = seqs.at(-1) ?? lastSeq;
      if (lastSeq >= page.headSeq) break;
    }
    expect(seqs).toHaveLength(2 + 1 + 48 + 60);
    expect(seqs).toEqual(seqs.map((_, index) => first.headSeq + 1 + index));
  });

  it('returns the whole state when it cannot continue', async () => {
    const site = await startLampSite();
    const reason = async (epoch: string | null, lastSeq: number) => {
      const reply = await site.base.resume(epoch, lastSeq);
      return reply.ok && !reply.recovered ? reply.reason : reply;
    };
    const reply = await site.base.resume();
    if (!reply.ok) throw new Error(reply.code);
    expect(await reason(null, 0)).toBe('first_contact');
    expect(await reason(newId(Epoch), 0)).toBe('epoch_changed');
    expect(await reason(reply.epoch, reply.headSeq + 1)).toBe('ahead_of_hub');
    // One of the two was put back from a copy: that life of the log is over.
    const anew = await site.base.resume();
    if (!anew.ok) throw new Error(anew.code);
    expect(await reason(reply.epoch, reply.headSeq)).toBe('epoch_changed');
    expect(await site.base.resume(anew.epoch, anew.headSeq)).toMatchObject({
      recovered: true,
      entries: [],
    });
  });

  it('is sent once more when it is not acknowledged', async () => {
    const site = await startLampSite({ socketTimes: { ackTimeoutMs: 100 } });
    site.base.acknowledge = () => undefined;
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const copies = () => site.base.entries.filter((entry) => entry.seq === command.seq);
    await until('the second copy', () => (copies().length === 2 ? true : undefined));
  });

  it('keeps what the base could not accept yet, and returns it at the next resume', async () => {
    const site = await startLampSite();
    const first = await site.base.resume();
    if (!first.ok) throw new Error(first.code);
    site.base.acknowledge = () => toRefusal('storage_full');
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    await commandAtBase(site, command.id);
    // Answered in turn: by then the refusal was handled.
    await site.base.socket.timeout(5_000).emitWithAck('time.get');
    const reply = await site.base.resume(first.epoch, first.headSeq);
    if (!reply.ok || !reply.recovered) throw new Error('not recovered');
    expect(reply.entries.map(({ type }) => type)).toEqual(['command.issued']);
    expect((await traceOf(site, command.id)).command.state).toBe('dispatched');
  });

  it('keeps its order while many commands come at once', async () => {
    const site = await startLampSite();
    const others = await Promise.all(
      ['192.0.2.21', '192.0.2.22'].map((host) => addUnit(site, host)),
    );
    expect(others).toHaveLength(2);
    const commands = await Promise.all(
      Array.from({ length: 40 }, (_, input) =>
        issue(site, { verb: 'enqueue', affordance: 'brightness', input }),
      ),
    );
    for (const command of commands) await commandAtBase(site, command.id);
    const seqs = site.base.entries.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
  });
});

describe('the presence of a base', () => {
  it('is online once joined, and offline after the debounce', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    const state = async () => (await snapshotOf(site.owner)).bases[0]?.presence.state;
    expect(await state()).toBe('online');
    site.base.disconnect();
    await until('the debounce begins', () => {
      clock.advance(1);
      return clock.pendingTimers > 0 ? true : undefined;
    });
    await until('offline', async () => {
      clock.advance(LIMITS.presenceDebounceMs / 4);
      return (await state()) === 'offline' ? true : undefined;
    });
    const { base } = await watcher.next('base.changed', (d) => d.base.presence.state === 'offline');
    expect(base.presence.lastSeenAt).not.toBeNull();
  });

  it('goes to the newer of two connections', async () => {
    const site = await startLampSite();
    const before = site.base.socket;
    await site.base.goOnline();
    const closing = await until('closing', () => site.base.closings[0]);
    expect(closing).toEqual({ code: 'taken_over', reconnect: 'never' });
    await until('cut', () => (before.connected ? undefined : true));
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    await commandAtBase(site, command.id);
  });

  it('gets the head of its log every 30 s', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    clock.advance(LIMITS.heartbeatIntervalMs);
    const beat = await until('heartbeat', () => site.base.heartbeats[0]);
    expect(beat).toMatchObject({ headSeq: 1 });
    const time: unknown = await site.base.socket.timeout(5_000).emitWithAck('time.get');
    expect(time).toEqual({ ok: true, hubTimeMs: clock.nowMs() });
  });
});
