import { connect, createServer, type Socket } from 'node:net';
import type { Cleanup } from '#platform/testing/cleanup.ts';

export interface Overheard {
  readonly from: 'base' | 'unit';
  readonly bytes: Uint8Array;
}

export interface ListeningProxy {
  readonly port: number;
  /** Everything that was sent, one entry per chunk, over all connections. */
  readonly overheard: readonly Overheard[];
  /** Connections of the base that are open now. */
  readonly open: () => number;
  /** Changes the next chunk of the unit that there is, once. */
  tamper: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

/** A man in the middle between the base and a unit. */
export async function startListeningProxy(
  unitPort: number,
  cleanup: Cleanup,
): Promise<ListeningProxy> {
  const overheard: Overheard[] = [];
  const sockets = new Set<Socket>();
  const open = () => Math.ceil(sockets.size / 2);
  const proxy: ListeningProxy = { port: 0, overheard, open, tamper: undefined };
  const server = createServer({ noDelay: true }, (base) => {
    const unit = connect({ host: '127.0.0.1', port: unitPort, noDelay: true });
    for (const socket of [base, unit]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        base.destroySoon();
        unit.destroySoon();
      });
    }
    base.on('data', (bytes) => {
      overheard.push({ from: 'base', bytes });
      unit.write(bytes);
    });
    unit.on('data', (bytes) => {
      const { tamper } = proxy;
      proxy.tamper = undefined;
      overheard.push({ from: 'unit', bytes });
      base.write(tamper ? tamper(bytes) : bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(proxy, { port: address.port });
}
