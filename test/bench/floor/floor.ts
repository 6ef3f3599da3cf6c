import { join } from 'node:path';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startProcess } from '../bench-process.ts';
import { Arrivals, type Subject } from '../subject.ts';
import { FloorMessage } from './message.ts';

export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

const PADDING = 'x'.repeat(200);
const SOURCES = ['--conditions=source', '--import', 'tsx'];

export interface FloorOptions {
  readonly tls: TlsFiles & { readonly caPem: string };
  readonly units: number;
  /** Hub and base write each message to the disk, and sync, before they pass it on. */
  readonly isDurable: boolean;
}

/** The same hops as a command's, in as many processes, with nothing (else) in them. */
export async function startFloor(
  { tls, units, isDurable }: FloorOptions,
  cleanup: Cleanup,
): Promise<Subject> {
  const folder = temporaryFolder(cleanup);
  const start = (name: string, env: Record<string, string> = {}): ReturnType<typeof startProcess> =>
    startProcess(
      {
        command: process.execPath,
        args: [...SOURCES, join(import.meta.dirname, `${name}.ts`)],
        env: {
          SIGNALBOX_FLOOR_KEY: tls.key,
          SIGNALBOX_FLOOR_CERT: tls.cert,
          SIGNALBOX_FLOOR_CA: tls.ca,
          SIGNALBOX_FLOOR_LOG: isDurable ? join(folder, name) : '',
          ...env,
        },
      },
      cleanup,
    );
  const hub = await start('hub');
  const unit = await start('unit');
  await start('base', {
    SIGNALBOX_FLOOR_HUB_PORT: String(hub.port),
    SIGNALBOX_FLOOR_UNIT_PORTS: Array.from({ length: units }, () => unit.port).join(','),
  });

  const arrivals = new Arrivals();
  const ca = tls.caPem;
  const socket = new WebSocket(`wss://127.0.0.1:${hub.port}/client`, {
    ca,
    perMessageDeflate: false,
  });
  cleanup.add(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('message', (data: Buffer) => {
    arrivals.arrived(FloorMessage.parse(JSON.parse(data.toString('utf8'))).id);
  });

  const agent = new Agent({ connect: { ca }, connections: 64 });
  cleanup.add(() => agent.destroy());
  const url = `https://127.0.0.1:${hub.port}/command`;
  const headers = { 'content-type': 'application/json' };
  return {
    roundTrip: async (slot) => {
      const message: FloorMessage = { id: crypto.randomUUID(), unit: slot, padding: PADDING };
      const arrived = arrivals.next(message.id);
      const body = JSON.stringify(message);
      const answer = await request(url, { method: 'POST', body, headers, dispatcher: agent });
      await answer.body.dump();
      await arrived;
    },
  };
}
