import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '#platform/testing/until.ts';
import { Command } from '#protocol/command/command.ts';
import { MemberView, SessionView } from '#protocol/http/accounts.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { checkStore } from '../store/transfer/check-store.ts';
import { FirmwareMaker } from '../testing/firmware-file.ts';
import type { Answer, Call } from '../testing/hub-client.ts';
import { finished } from '../testing/lamp-site.ts';
import { startRolloutSite } from '../testing/rollout-site.ts';
import { signUpRequest } from '../testing/sign-up-request.ts';
import { blankDatabase, temporaryDatabase } from '../testing/test-database.ts';
import { invite, type Owner, startTestHub, type TestHub } from '../testing/test-hub.ts';
import { testEngines } from '../testing/test-store.ts';

const Members = z.object({ members: z.array(MemberView) });
const log = pino({ level: 'silent' });

async function connect(database: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Two hubs on one database, and a site with a base, units and firmware; its owner is at both. */
async function arrange() {
  const database = await temporaryDatabase(onTestFinished);
  const site = await startRolloutSite(2, { database });
  const two = await startTestHub({ database });
  const clients = [site.owner.client, site.owner.client.at(two.addresses.http)] as const;
  const sql = await connect(database);
  /** The same at both hubs at once, so many times at each. */
  const atBoth = async (call: (index: number) => Call, times = 1): Promise<Answer[]> =>
    await Promise.all(
      Array.from({ length: 2 * times }, (_, index) =>
        (index % 2 === 0 ? clients[0] : clients[1]).call(call(index)),
      ),
    );
  /** Nothing that hubs rely on is broken. */
  const sound = async () =>
    expect(await checkStore({ dataFolder: two.dataFolder, database }, log)).toEqual([]);
  return { ...site, one: site.hub, two, clients, sql, atBoth, sound };
}

function successes(answers: readonly Answer[]): number {
  return answers.filter(({ status }) => status < 300).length;
}

/** Adds so many rows that are like one that is there, but for these columns. */
async function cloneRow(
  sql: pg.Client,
  table: string,
  { count, where = 'true', unlike }: { count: number; where?: string; unlike: object },
): Promise<void> {
  const changes = Object.entries(unlike)
    .map(([column, value]) => `'${column}', ${String(value)}`)
    .join(', ');
  await sql.query(`
    insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(old) || jsonb_build_object(${changes}))).*
    from (select * from ${table} where ${where} limit 1) as old, generate_series(1, ${count}) as n`);
}

const unique = `gen_random_uuid()::text || n`;
const nextKey = (table: string) => `nextval(pg_get_serial_sequence('${table}', 'key'))`;

/** They do a lot; a machine with other work needs several times as long. */
const TIMEOUT = { timeout: 120_000 };
const CONVERGES_MS = 60_000;

describe.runIf(testEngines().includes('postgres'))('of two hubs at the same time', TIMEOUT, () => {
  it('both start on an empty database, which has one of everything afterwards', async () => {
    const database = await blankDatabase(onTestFinished);
    const hubs = await Promise.all([startTestHub({ database }), startTestHub({ database })]);
    const sql = await connect(database);
    const { rows } = await sql.query('select name from sites');
    expect(rows).toEqual([{ name: 'Home' }]);
    const ca = async ({ addresses }: TestHub) =>
      await (await fetch(`${addresses.http}/api/ca.pem`)).text();
    const [first, second] = await Promise.all(hubs.map(ca));
    expect(first).toContain('BEGIN CERTIFICATE');
    expect(second).toBe(first);
    const codes = hubs.flatMap(({ setupCode = '' }) => (setupCode === '' ? [] : [setupCode]));
    const signUps = await Promise.all(
      hubs.flatMap((hub, index) =>
        codes.map((setupCode) =>
          hub
            .client()
            .call(signUpRequest({ setupCode, email: `a${index}${setupCode}@example.org` })),
        ),
      ),
    );
    expect(successes(signUps)).toBe(1);
    expect((await sql.query('select id from users')).rows).toHaveLength(1);
  });

  it('one e-mail address is that of one person, and one code pairs one base', async () => {
    const { one, two, owner, sound } = await arrange();
    for (let round = 0; round < 3; round += 1) {
      const invitations = [await invite(owner), await invite(owner)];
      const email = `bo${round}@example.org`;
      const answers = await Promise.all(
        [one, two].map(async (hub, index) =>
          hub.client().call(signUpRequest({ email, invitation: invitations[index] })),
        ),
      );
      expect(successes(answers)).toBe(1);
      expect(answers.find(({ status }) => status >= 300)?.body).toMatchObject({
        code: 'email_taken',
      });
      const claims = await claimAtBoth([one, two], [await claimCodeOf(owner)]);
      expect(successes(claims)).toBe(1);
      expect(claims.find(({ status }) => status >= 300)?.body).toMatchObject({
        code: 'claim_code_used',
      });
    }
    await sound();
  });

  it('owners who remove each other leave one of them', async () => {
    const { one, two, owner, clients, sql, sound } = await arrange();
    const bo = one.client();
    const { user } = await bo.request(
      SessionView,
      signUpRequest({ invitation: await invite(owner, 'owner') }),
    );
    const boAtTwo = bo.at(two.addresses.http);
    const path = `/api/sites/${owner.siteId}/members`;
    for (let round = 0; round < 6; round += 1) {
      const removals = await Promise.all([
        clients[0].call({ method: 'DELETE', path: `${path}/${user?.id ?? ''}` }),
        boAtTwo.call({ method: 'DELETE', path: `${path}/${owner.userId}` }),
      ]);
      expect(successes(removals)).toBe(1);
      const isBoGone = removals[0].status < 300;
      const { members } = await (isBoGone ? owner.client : bo).request(Members, { path });
      expect(members).toMatchObject([{ role: 'owner' }]);
      await sql.query(
        `insert into members (site_id, user_id, role, since) select $1, id, 'owner', 1 from users
         on conflict do nothing`,
        [owner.siteId],
      );
      // Hubs are notified when a right changes; this one changed without a notification.
      await until(
        'both may see it again',
        async () => {
          const seen = [...clients, bo, boAtTwo].map((client) => client.call({ path }));
          return successes(await Promise.all(seen)) === 4;
        },
        CONVERGES_MS,
      );
    }
    await sound();
  });

  it('no limit is exceeded by what each counts', async () => {
    const { one, two, owner, base, firmware, unitIds, sql, atBoth, sound } = await arrange();
    const site = `/api/sites/${owner.siteId}`;
    const maker = await FirmwareMaker.create();
    const files = await Promise.all(
      Array.from({ length: 4 }, (_, index) => maker.file({ version: `3.0.${index}` })),
    );
    const limits: readonly (readonly [string, number, object, (index: number) => Call])[] = [
      [
        'claim_codes',
        20,
        { id: unique, secret_hash: unique, base_id: 'null::text' },
        () => ({ path: `${site}/claim-codes`, body: { baseName: 'x' } }),
      ],
      [
        'invitations',
        200,
        { id: unique, code_hash: unique },
        () => ({ path: `${site}/invitations`, body: { role: 'member' } }),
      ],
      [
        'api_tokens',
        100,
        { id: unique, token_hash: unique },
        () => ({ path: '/api/account/tokens', body: { name: 'x', scope: 'read' } }),
      ],
      [
        'firmware',
        LIMITS.firmwarePerSite,
        { id: unique, sha256: `encode(sha256(n::text::bytea), 'hex')` },
        (index) => ({
          path: `${site}/firmware`,
          raw: files[index] ?? '',
          headers: { 'content-type': 'application/octet-stream' },
        }),
      ],
      [
        'units',
        LIMITS.unitsPerBase,
        {
          ...{ key: nextKey('units'), id: unique, name: `'clone'`, host: unique },
          ...{ hardware_id: unique, identity: 'null' },
        },
        (index) => ({
          path: `${site}/units`,
          body: {
            name: 'Lamp',
            endpoint: {
              kind: 'base',
              baseId: base.id,
              address: { host: `198.51.100.${index + 1}`, port: 8888 },
            },
          },
        }),
      ],
    ];
    for (const [table, limit, unlike, call] of limits) {
      // One that is there to be cloned.
      if (['claim_codes', 'invitations', 'api_tokens'].includes(table)) {
        expect(successes([await owner.client.call(call(0))]), table).toBe(1);
      }
      const where = table === 'claim_codes' ? 'base_id is null' : 'true';
      const { rows } = await sql.query<{ n: string }>(
        `select count(*) as n from ${table} where ${where}`,
      );
      await cloneRow(sql, table, { count: limit - 1 - Number(rows[0]?.n ?? 0), where, unlike });
      expect(successes(await atBoth(call, 2)), table).toBe(1);
      // What was cloned is no firmware and no unit.
      if (table === 'firmware') {
        await sql.query('delete from firmware where id <> $1', [firmware.id]);
      }
      if (table === 'units') await sql.query(`delete from units where name = 'clone'`);
    }
    await sql.query('delete from claim_codes');
    const codes = [await claimCodeOf(owner), await claimCodeOf(owner)];
    const { rows } = await sql.query<{ n: string }>('select count(*) as n from bases');
    const bases = { key: nextKey('bases'), id: unique, connection: 'null', is_live: '0' };
    const none = { log_head: '0', log_floor: '0', log_acked: '0' };
    await cloneRow(sql, 'bases', {
      count: 499 - Number(rows[0]?.n ?? 0),
      unlike: { ...bases, ...none },
    });
    expect(successes(await claimAtBoth([one, two], codes))).toBe(1);
    // A unit has one update at a time.
    const updates = await atBoth(() => ({
      path: `${site}/rollouts`,
      body: { firmwareId: firmware.id, soakMs: 0, unitIds: unitIds.slice(0, 1) },
    }));
    expect(successes(updates)).toBe(1);
    await cloneRow(sql, 'rollouts', { count: 18, unlike: { id: unique, state: `'paused'` } });
    const further = await atBoth((index) => ({
      path: `${site}/rollouts`,
      body: { firmwareId: firmware.id, soakMs: 0, unitIds: [unitIds[1 - (index % 2)]] },
    }));
    expect(successes(further)).toBeLessThanOrEqual(1);
    await sound();
  });

  it('a command is stored once, waits within its bound, and ends once', async () => {
    const { two, base, unitIds, clients, sql, atBoth, sound } = await arrange();
    const path = `/api/units/${unitIds[0]}/commands`;
    const endsOf = async (id: string) =>
      (
        await sql.query(
          `select rev from site_events where type = 'command.ended' and data like '%' || $1 || '%'`,
          [id],
        )
      ).rows.length;
    for (let round = 0; round < 5; round += 1) {
      const body = { id: newId(CommandId), verb: 'invoke', affordance: 'reset' };
      const answers = await atBoth(() => ({ path, body }), 2);
      expect(answers.map((answer) => Command.parse(answer.body).id)).toEqual(
        Array.from({ length: 4 }, () => body.id),
      );
      const headers = { 'idempotency-key': randomUUID() };
      const { id: _id, ...keyed } = body;
      const byKey = await atBoth(() => ({ path, body: keyed, headers }), 2);
      const ids = new Set(byKey.map((answer) => Command.parse(answer.body).id));
      expect(ids.size).toBe(1);
      // Cancelled at one, while its result comes in at the other, twice.
      const issued = await base.nextEntry(
        (entry) => entry.type === 'command.issued' && entry.data.id === body.id,
      );
      expect(issued.type).toBe('command.issued');
      const result = base.batch([finished(body.id)]);
      await Promise.all([
        clients[1].call({ method: 'POST', path: `/api/commands/${body.id}/cancel` }),
        base.post(result),
        base.at(two).send(finished([...ids][0] ?? body.id)),
      ]);
      const ended = await sql.query('select state from commands where id = $1', [body.id]);
      expect(ended.rows).toEqual([{ state: 'succeeded' }]);
      expect(await endsOf(body.id)).toBe(1);
      expect(base.entries.filter((entry) => entry === issued)).toHaveLength(1);
    }
    const many = await atBoth(
      () => ({ path, body: { verb: 'invoke', affordance: 'reset' } }),
      LIMITS.queuedCommandsPerUnit / 2 + 5,
    );
    const accepted = many.filter(({ status }) => status === 202);
    expect(accepted).toHaveLength(LIMITS.queuedCommandsPerUnit);
    // Both sweepers find them due.
    const waiting = accepted.map((answer) => Command.parse(answer.body).id);
    await until(
      'all have timed out',
      async () => {
        // Again and again, since a hub puts it off when the base has one.
        const { rowCount } = await sql.query(
          `update commands set due_at = 1 where state <> 'timed_out' and id = any($1)`,
          [waiting],
        );
        return rowCount === 0;
      },
      CONVERGES_MS,
    );
    // Their base may still know better; each result ends one.
    for (const [index, id] of waiting.entries()) {
      if (index % 10 > 0) continue;
      const result = base.batch([finished(id)]);
      await Promise.all([base.post(result), base.at(two).post(result)]);
      expect(await endsOf(id)).toBe(1);
    }
    await sound();
  });

  it('one batch of a base is stored once', async () => {
    const { two, base, unitIds, sql, sound } = await arrange();
    const [unitId = ''] = unitIds;
    for (let seq = 1; seq <= 8; seq += 1) {
      const measuredAtMs = Date.now();
      const times = { measuredAtMs, receivedAtMs: measuredAtMs, clock: 'synced', seq } as const;
      const readings = [{ property: 'brightness', value: seq, ...times }];
      const batch = base.batch([
        { type: 'readings.recorded', data: { unitId, bootId: '00000001', readings } },
        {
          type: 'readings.dropped',
          data: { unitId, fromMs: 1, toMs: 2, count: 1, reason: 'unit_full' },
        },
      ]);
      const answers = await Promise.all([base.post(batch), base.at(two).post(batch)]);
      expect(successes(answers)).toBe(2);
    }
    const { rows } = await sql.query(
      `select (select count(*)::int from readings) as readings,
        (select sum(count)::int from reading_gaps) as missing`,
    );
    expect(rows).toEqual([{ readings: 8, missing: 8 }]);
    await sound();
  });
});

async function claimCodeOf(owner: Owner): Promise<string> {
  const path = `/api/sites/${owner.siteId}/claim-codes`;
  const { code } = await owner.client.request(ClaimCodeCreated, { path, body: { baseName: 'x' } });
  return parseClaimCode(code)?.secret ?? '';
}

/** A base at each hub claims: with the same code, or each with its own. */
async function claimAtBoth(
  hubs: readonly TestHub[],
  secrets: readonly string[],
): Promise<Answer[]> {
  return await Promise.all(
    hubs.map(async (hub, index) =>
      hub.client().call({
        path: '/api/bases/claim',
        body: {
          secret: secrets[index] ?? secrets[0],
          publicKey: Buffer.alloc(32, index + 1).toString('base64url'),
          version: '0.1.0',
        },
      }),
    ),
  );
}
