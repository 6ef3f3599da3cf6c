import type { FastifyRequest } from 'fastify';

/** Aborted when the connection of a request ends: what waits for it need not wait on. */
export function connectionEnd({ raw }: FastifyRequest): AbortSignal {
  const ended = new AbortController();
  const { socket } = raw;
  if (socket.destroyed) ended.abort();
  else socket.once('close', () => ended.abort());
  return ended.signal;
}
