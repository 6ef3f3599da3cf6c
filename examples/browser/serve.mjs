// Serves the page beside it on loopback, and passes its calls on to a hub with a token that the
// browser never sees. A hub answers no page of another origin: whoever serves the page decides
// what it may do.
//
//   SIGNALBOX_URL=https://hub.example:8443 SIGNALBOX_TOKEN=sbx_... PORT=8080 node serve.mjs
import { createReadStream } from 'node:fs';
import { createServer, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { extname, join, normalize } from 'node:path';

const { SIGNALBOX_URL: hubUrl, SIGNALBOX_TOKEN: token, PORT: port = '8080' } = process.env;
const TYPES = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript' };

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname.startsWith('/api/')) passOn(request, response);
  else sendFile(pathname === '/' ? '/index.html' : normalize(pathname), response);
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});

function passOn(request, response) {
  const { accept, 'content-type': type, 'last-event-id': lastId, prefer } = request.headers;
  const wanted = { accept, 'content-type': type, 'last-event-id': lastId, prefer };
  const headers = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value));
  const open = hubUrl.startsWith('https:') ? tlsRequest : plainRequest;
  const passed = open(new URL(request.url, hubUrl), {
    method: request.method,
    headers: { ...headers, authorization: `Bearer ${token}` },
  });
  passed.on('response', (answer) => {
    response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] });
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  request.pipe(passed);
}

function sendFile(path, response) {
  const type = TYPES[extname(path)];
  const isOurs =
    path === '/index.html' || path === '/page.mjs' || path.startsWith('/node_modules/');
  if (!type || !isOurs) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type });
  createReadStream(join(import.meta.dirname, path))
    .on('error', () => response.destroy())
    .pipe(response);
}
