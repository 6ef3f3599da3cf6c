import fastifyHelmet from '@fastify/helmet';
import type { HttpApp } from './http-app.ts';
import { isTls } from '../admission/session-cookie.ts';

const HSTS = 'max-age=31536000';

/**
 * Strict headers under which the built dashboard works. Styles may stand in
 * the page, since Mantine sets its theme's variables through `<style>` and
 * `style=`; scripts may not, and nothing comes from elsewhere.
 */
export async function securityHeaders(app: HttpApp): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        // 'self' covers wss: of the same host as well.
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Only TLS may promise TLS; see below.
    hsts: false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // Whatever is answered is for the caller of this moment, however its address was
    // written; what others may keep (files of the dashboard) says so itself.
    reply.header('cache-control', 'no-store');
    // Not for localhost: there the promise would also bind the plain port beside it.
    if (isTls(request.raw.socket) && request.hostname !== 'localhost') {
      reply.header('strict-transport-security', HSTS);
    }
    done();
  });
}
