import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

// The cost of an idle connection: TLS with the hub's key, and nothing behind it.
const [keyFile = '', certFile = ''] = process.argv.slice(2);
const server = createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) });
server.on('secureConnection', (socket) => {
  socket.on('error', () => socket.destroy());
  socket.resume();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') {
    process.stdout.write(`listening 127.0.0.1:${address.port}\n`);
  }
});
