import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { HttpApp } from './http-app.ts';
import type { LoadBound } from './load-bound.ts';

/** JSON is the only form of body that routes accept unless they declare otherwise. */
export function jsonBodies(app: HttpApp, load: LoadBound): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, payload, parsed) => {
    load.readBody(request, payload).then(
      (body) => void parse(request, body.toString('utf8'), parsed),
      (error: unknown) => parsed(asError(error)),
    );
  });
}

/** The raw bytes, where they are what was signed. */
export function rawJsonBodies(app: HttpApp, load: LoadBound): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, payload: IncomingMessage) =>
      await load.readBody(request, payload),
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
