import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { systemClock } from '#platform/clock.ts';
import { TcpTransport } from '../transport/tcp-transport.ts';

/**
 * Accepts eight connections one after the other, delays its acknowledgements as
 * a board does, and looks for the end at the very moment at which the CR is
 * there: it is there only if it came in the same segment.
 */
const PEER = `
import socket
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
for _ in range(8):
    peer, _ = server.accept()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    text = b''
    while not text.endswith(b'\\r'):
        text += peer.recv(64)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    peer.setblocking(False)
    try:
        end = 'with' if peer.recv(1) == b'' else 'more'
    except BlockingIOError:
        end = 'behind'
    peer.close()
    print(text.decode().strip() + ' ' + end, flush=True)
`;

const isLinux = process.platform === 'linux';
const hasPython = spawnSync('python3', ['--version']).status === 0;

it.skipIf(!isLinux || !hasPython)(
  'the end of a connection shares a segment with the last bytes (needs Linux and python3)',
  async () => {
    const peer = spawn('python3', ['-c', PEER], { stdio: ['ignore', 'pipe', 'inherit'] });
    atTestEnd.add(() => void peer.kill());
    const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
    const port = Number((await lines.next()).value);
    const transport = new TcpTransport(systemClock);
    for (let round = 0; round < 8; round += 1) {
      const link = await transport.dial(
        { host: '127.0.0.1', port },
        { data: () => undefined, closed: () => undefined },
      );
      link.finish(Buffer.from('#ff8800\r'));
      expect((await lines.next()).value).toBe('#ff8800 with');
    }
  },
);
