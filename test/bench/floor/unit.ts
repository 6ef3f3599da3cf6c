import { createServer } from 'node:net';

// A unit with nothing in it: sends back every byte.
const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') {
    process.stdout.write(`listening 127.0.0.1:${address.port}\n`);
  }
});
