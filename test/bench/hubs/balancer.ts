import { connect, createServer, type Server } from 'node:net';

// A load balancer of TCP connections, in a process of its own. It listens on one port that passes
// them to the targets in turn, and on one for each target alone.
const targets = (process.argv[2] ?? '').split(',').map(Number);

function listen(target: () => number): Promise<number> {
  const server: Server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port: target(), noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

let turn = 0;
const inTurn = (): number => {
  turn += 1;
  return targets[turn % targets.length] ?? 0;
};
const ports = [await listen(inTurn)];
for (const target of targets) ports.push(await listen(() => target));
process.stdout.write(`balancing ${ports.join(',')}\n`);
