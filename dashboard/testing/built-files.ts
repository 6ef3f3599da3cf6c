import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};

/** Serves the built dashboard as the hub does: files by name, its one page for every other address. */
export async function serveBuiltFile(
  folder: string,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const isFile = extname(path) !== '';
  const file = join(folder, isFile ? normalize(path) : 'index.html');
  const body = await readFile(file).catch(() => undefined);
  if (body === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  response.end(body);
}
