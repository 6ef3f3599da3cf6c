import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@redis/client';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { systemClock } from '#platform/clock.ts';
import { until } from '#platform/testing/until.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { REPOSITORY } from '../../test/architecture/source.ts';
import { isRedisInstalled, RedisServer } from '../testing/redis-server.ts';
import { temporaryFolder } from '../testing/test-hub.ts';
import { makeAuthority, makeServerCertificate } from '../tls/make-certificates.ts';
import type { ServerNames } from '../tls/names.ts';
import { BLIND_AFTER_MS } from './bus.ts';
import { ConnectedBus } from './connected-bus.ts';
import type { Hint } from './hint.ts';
import { MessageSeal } from './message-seal.ts';
import { redisTransport } from './redis-transport.ts';

const run = promisify(execFile);
const SECRET = 'secret';
const Line = z.object({ msg: z.string() });

async function temporaryRedis(password?: string): Promise<RedisServer> {
  const server = await RedisServer.create(password === undefined ? {} : { password });
  onTestFinished(() => server.remove());
  return server;
}

async function join(url: string, from: string, secret = SECRET) {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const bus = new ConnectedBus({ transport: redisTransport(url), from, clock: systemClock, log });
  const heard: Hint[] = [];
  const missed = { times: 0 };
  bus.listen({
    heard: (hints) => void heard.push(...hints),
    missed: () => void (missed.times += 1),
  });
  await bus.start(secret);
  onTestFinished(() => bus.close());
  const logged = (): string[] => lines.map((line) => Line.parse(JSON.parse(line)).msg);
  return { bus, heard, missed, logged, lines };
}

/** Node.js reads the CAs that it trusts when it starts: what a hub would say that trusts this one. */
async function triedWithCa(urls: readonly string[], ca: string): Promise<string[]> {
  const folder = temporaryFolder(onTestFinished);
  const file = path.join(folder, 'ca.pem');
  writeFileSync(file, ca);
  const script = `
    import { redisTransport } from './hub/cluster/redis-transport.ts';
    for (const url of ${JSON.stringify(urls)}) {
      const transport = redisTransport(url);
      const end = { heard: undefined };
      const heard = new Promise((resolve) => (end.heard = resolve));
      try {
        const events = { received: end.heard, lost: () => undefined };
        const connection = await transport.connect(events, 'secret');
        await connection.send('hello');
        console.log('heard ' + await heard);
        await connection.close();
      } catch (error) { console.log(transport.faultOf(error)); }
    }`;
  const args = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', script];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: file };
  const { stdout } = await run(process.execPath, args, { cwd: REPOSITORY, env });
  return stdout.trim().split('\n');
}

const ended = (): Hint => ({ kind: 'ended', command: newId(CommandId) });

describe.runIf(isRedisInstalled())('the bus by Redis', () => {
  it('comes back when Redis was killed and is empty, and notices what was lost', async () => {
    const server = await temporaryRedis();
    const [one, two] = [await join(server.url, 'a'), await join(server.url, 'b')];
    await until('b hears a', () => two.bus.silenceMs('a') < 1_000);
    await server.kill();
    one.bus.publish([ended()]);
    await until('it is lost', () => one.bus.lost() === 1);
    await server.start();
    const after = ended();
    await until('a hint comes through again', () => {
      one.bus.publish([after]);
      return two.heard.length > 0;
    });
    expect(two.heard[0]).toEqual(after);
    expect(two.missed.times).toBe(1);
    expect(one.logged().filter((line) => line.startsWith('The Redis'))).toHaveLength(0);
    expect(one.logged().at(-1)).toBe('bus connected');
  });

  it('leaves a server that has stopped answering, and hears again when it goes on', async () => {
    const server = await temporaryRedis();
    const { bus, logged } = await join(server.url, 'a');
    await until('it hears itself', () => bus.silenceMs('a') < BLIND_AFTER_MS);
    server.pause();
    onTestFinished(() => server.resume());
    await until('it is left', () => logged().includes('bus is silent, connecting anew'));
    expect(bus.silenceMs('a')).toBeGreaterThan(BLIND_AFTER_MS);
    server.resume();
    await until('it hears itself again', () => bus.silenceMs('a') < 1_000);
  });

  it('keeps no hub from starting when it is away, and says so once, in one sentence', async () => {
    const server = await temporaryRedis('hidden');
    await server.kill();
    const { bus, logged, lines } = await join(server.url, 'a');
    const sentence = `The Redis server at 127.0.0.1:${server.port} cannot be reached (connect ECONNREFUSED 127.0.0.1:${server.port}): start it, or correct --bus. Until then this hub looks for changes of others in the database.`;
    expect(logged()).toEqual([sentence]);
    await server.start();
    await until('it is there', () => bus.silenceMs('a') < 1_000);
    expect(logged()).toEqual([sentence, 'bus connected']);
    expect(lines.join()).not.toContain('hidden');
  });

  it('says that a password is wrong, and not which', async () => {
    const server = await temporaryRedis('hidden');
    const { logged, lines } = await join(server.url.replace('hidden', 'guessed'), 'a');
    expect(logged()).toEqual([
      expect.stringContaining(
        `The Redis server at 127.0.0.1:${server.port} refuses this hub (WRONGPASS`,
      ),
    ]);
    expect(lines.join()).not.toContain('guessed');
  });

  it('says when the server does not speak TLS, though rediss:// does', async () => {
    const server = await temporaryRedis();
    const { logged } = await join(server.url.replace('redis:', 'rediss:'), 'a');
    expect(logged()).toEqual([expect.stringContaining('cannot be reached')]);
  });

  it('keeps apart installations on one server, and whoever else writes to it', async () => {
    const server = await temporaryRedis();
    const [one, two] = [await join(server.url, 'a'), await join(server.url, 'b')];
    const other = await join(server.url, 'c', 'of others');
    const client = createClient({ url: server.url });
    await client.connect();
    onTestFinished(() => client.destroy());
    const { channel } = new MessageSeal(SECRET);
    const seen: string[] = [];
    await client.subscribe(channel, (message) => void seen.push(message));
    await client.publish(channel, '{"from":"d","number":1,"hints":[]}');
    await client.publish(channel, 'x'.repeat(100_000));
    const hint = ended();
    one.bus.publish([hint]);
    await until('it came', () => two.heard.length > 0);
    other.bus.publish([ended()]);
    await until('the others hear themselves', () => other.bus.silenceMs('c') < 1_000);
    expect(two.heard).toEqual([hint]);
    expect(two.missed.times).toBe(0);
    expect(two.bus.silenceMs('d')).toBe(Infinity);
    expect(other.heard).toEqual([]);
    expect(seen.join()).not.toContain('ended');
  });
});

/** Another program is started. */
const TIMEOUT = { timeout: 60_000 };

describe.runIf(isRedisInstalled())('the bus by a Redis that speaks TLS', TIMEOUT, () => {
  it('is used where its CA is trusted and its name is right, and else says why not', async () => {
    const authority = await makeAuthority('Redis');
    const serverOf = async (names: ServerNames) => {
      const tls = await makeServerCertificate(authority, names, Date.now());
      const server = await RedisServer.create({ tls, password: 'hidden' });
      onTestFinished(() => server.remove());
      return server;
    };
    const good = await serverOf({ dns: [], ip: ['127.0.0.1'] });
    const named = await serverOf({ dns: ['redis.example'], ip: [] });
    const said = await triedWithCa([good.url, named.url], authority.certificate);
    expect(said[0]).toBe('heard hello');
    const place = `The Redis server at 127.0.0.1:`;
    expect(said[1]).toMatch(
      new RegExp(`^${place}${named.port} has a certificate that this hub does not trust \\(.*IP`),
    );
    // Without its CA: once, and the hub goes on without it.
    const { logged, lines } = await join(good.url, 'a');
    expect(logged()).toEqual([
      `${place}${good.port} has a certificate that this hub does not trust (unable to verify the first certificate): name its CA in NODE_EXTRA_CA_CERTS, or correct --bus. Until then this hub looks for changes of others in the database.`,
    ]);
    expect(lines.join()).not.toContain('hidden');
  });
});
