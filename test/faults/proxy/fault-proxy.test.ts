import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { FaultProxy } from './fault-proxy.ts';

interface Ends {
  readonly proxy: FaultProxy;
  readonly client: End;
  readonly target: End;
}

class End {
  readonly socket: Socket;
  heard = '';
  /** How it ended: in order, or with the code of an error. */
  ended: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.heard += text));
    socket.on('end', () => (this.ended ??= 'in order'));
    socket.on('error', (error) => (this.ended ??= 'code' in error ? String(error.code) : 'error'));
    atTestEnd.add(() => socket.destroy());
  }

  hears(text: string): Promise<unknown> {
    return until(`it hears ${text}`, () => this.heard === text);
  }
}

async function connectThrough(): Promise<Ends> {
  const accepted: End[] = [];
  const server = createServer((socket) => accepted.push(new End(socket)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atTestEnd.add(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy = new FaultProxy({
    target: { host: '127.0.0.1', port: address.port },
    cleanup: atTestEnd,
  });
  await proxy.start();
  const client = new End(connect(proxy.port, '127.0.0.1'));
  const target = await until('the target is reached', () => accepted[0]);
  return { proxy, client, target };
}

describe('a fault proxy', () => {
  it('carries bytes both ways, and the end of one side behind them', async () => {
    const { client, target } = await connectThrough();
    client.socket.write('up');
    target.socket.write('down');
    await target.hears('up');
    await client.hears('down');
    client.socket.end('last');
    await target.hears('uplast');
    await until('the target sees the end', () => target.ended === 'in order');
  });

  it('cuts with a reset, which both sides see', async () => {
    const { proxy, client, target } = await connectThrough();
    proxy.cut('rst');
    await until('both are reset', () => client.ended === target.ended && client.ended);
    expect(client.ended).toBe('ECONNRESET');
  });

  it('cuts in order', async () => {
    const { proxy, client, target } = await connectThrough();
    proxy.cut('fin');
    await until('both see the end', () => client.ended && target.ended);
    expect([client.ended, target.ended]).toEqual(['in order', 'in order']);
  });

  it('holds one direction and lets it go again, without loss', async () => {
    const { proxy, client, target } = await connectThrough();
    proxy.weather = { up: { delayMs: 0, passing: 'held' } };
    client.socket.write('late');
    target.socket.write('now');
    await client.hears('now');
    expect(target.heard).toBe('');
    proxy.up();
    await target.hears('late');
  });

  it('delays', async () => {
    const { proxy, client, target } = await connectThrough();
    proxy.weather = { up: { delayMs: 80, passing: 'yes' } };
    const sentMs = performance.now();
    client.socket.write('slowly');
    await target.hears('slowly');
    expect(performance.now() - sentMs).toBeGreaterThanOrEqual(79);
  });

  it('throttles to a rate', async () => {
    const { proxy, client, target } = await connectThrough();
    proxy.weather = { up: { delayMs: 0, passing: 'yes', bytesPerSecond: 1_000 } };
    const sentMs = performance.now();
    client.socket.write('x'.repeat(100));
    await target.hears('x'.repeat(100));
    client.socket.write('y');
    await target.hears(`${'x'.repeat(100)}y`);
    expect(performance.now() - sentMs).toBeGreaterThanOrEqual(99);
  });

  it('loses bytes for good: the connection is deaf even in fair weather', async () => {
    const { proxy, client, target } = await connectThrough();
    proxy.weather = { up: { delayMs: 0, passing: 'lost' } };
    client.socket.write('gone');
    // The bytes in the other direction show that the first were accepted.
    await until('the proxy has it', () => client.socket.bytesWritten === 4);
    target.socket.write('back');
    await client.hears('back');
    proxy.up();
    client.socket.write('more');
    target.socket.write('!');
    await client.hears('back!');
    expect(target.heard).toBe('');
  });

  it('leaves the side that connected half open', async () => {
    const { proxy, client, target } = await connectThrough();
    proxy.halfOpen();
    await until('the target is reset', () => target.ended === 'ECONNRESET');
    client.socket.write('into the void');
    proxy.up();
    expect([client.ended, client.socket.destroyed]).toEqual([undefined, false]);
    expect(proxy.open).toBe(1);
  });

  it('accepts no connection while it is down', async () => {
    const { proxy } = await connectThrough();
    proxy.down('rst');
    const late = new End(connect(proxy.port, '127.0.0.1'));
    await until('it is reset', () => late.ended === 'ECONNRESET');
    proxy.up();
    const later = new End(connect(proxy.port, '127.0.0.1'));
    await until('it is connected', () => proxy.open === 1);
    expect(later.ended).toBeUndefined();
  });
});
