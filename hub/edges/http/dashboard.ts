import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#protocol/errors.ts';
import type { HttpApp } from './http-app.ts';
import { sendProblem } from './problems.ts';
import type { RateLimits } from './rate-limits.ts';

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Signalbox</title>
<h1>The hub is running, but its dashboard is not built.</h1>
<p>Run <code>npm run build</code> and reload. The API is there: <a href="/api/docs">/api/docs</a>.</p>
</html>
`;

/**
 * The built dashboard. Its pages have their own addresses, so every page request that
 * is neither a file nor the API is for the dashboard.
 */
export async function dashboard(
  app: HttpApp,
  deps: { readonly folder: string; readonly limits: RateLimits },
): Promise<void> {
  const { folder, limits } = deps;
  const isBuilt = existsSync(join(folder, 'index.html'));
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: folder,
      wildcard: false,
      index: false,
      cacheControl: false,
      // The build puts a .br and a .gz next to each file.
      preCompressed: true,
      setHeaders: (response, path) => {
        // Vite puts a hash of the content into the names below assets/.
        const isHashed = path.startsWith(join(folder, 'assets'));
        response.header(
          'cache-control',
          isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
        );
      },
    });
  }
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    await limits.open(request);
    if (!isPage(request)) throw new AppError('not_found');
    if (isBuilt) await reply.sendFile('index.html');
    else await reply.status(200).type('text/html; charset=utf-8').send(NOT_BUILT);
  };
  app.setNotFoundHandler((request, reply) => {
    page(request, reply).catch((error: unknown) => sendProblem(request, reply, error));
  });
}

function isPage(request: FastifyRequest): boolean {
  const path = decodedPath(request.url);
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    !/^\/(api|socket\.io)(\/|$)/.test(path) &&
    (request.headers.accept ?? '').includes('text/html')
  );
}

/** As the router reads it, which knows `/%61pi` for `/api`. */
function decodedPath(url: string): string {
  const [path = ''] = url.split('?');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
