import type { RequestClient, TrustedProxies } from '../admission/trusted-proxies.ts';
import type { HttpApp } from './http-app.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it. Fastify's `ip` is the peer, which may be a proxy. */
    readonly client: RequestClient;
  }
}

/** Must be called before anything reads who a client is. */
export function requestClients(app: HttpApp, proxies: TrustedProxies): void {
  app.decorateRequest('client', {
    getter() {
      return proxies.clientOf(this.raw);
    },
  });
}
