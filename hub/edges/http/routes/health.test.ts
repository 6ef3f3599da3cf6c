import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { expect, it, onTestFinished } from 'vitest';
import type { HttpApp } from '../http-app.ts';
import { sendProblem } from '../problems.ts';
import { healthRoutes } from './health.ts';

function appWith(
  isReady: () => boolean,
  load = { isFull: false, isStuck: false },
  hasDatabase = () => true,
): HttpApp {
  const app: HttpApp = fastify();
  onTestFinished(() => app.close());
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  healthRoutes(app, {
    isReady,
    databaseAnswers: () => Promise.resolve(hasDatabase()),
    load,
    requestedAs: () => undefined,
    caFingerprint: () => '',
    caPem: () => {
      throw new Error('a secret of ours');
    },
  });
  return app;
}

it('is alive, but not ready, while it starts or stops', async () => {
  let ready = false;
  const app = appWith(() => ready);
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  const answer = await app.inject('/readyz');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'not_ready', retryable: true });
  ready = true;
  expect((await app.inject('/readyz')).statusCode).toBe(200);
});

it('is not ready while it refuses everything, and not alive when that does not end', async () => {
  const load = { isFull: true, isStuck: false };
  const app = appWith(() => true, load);
  expect((await app.inject('/readyz')).json()).toMatchObject({ code: 'overloaded' });
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  load.isStuck = true;
  const answer = await app.inject('/healthz');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'overloaded', retryable: true });
});

it('is not ready without an answer of its database, and alive all the same', async () => {
  const app = appWith(
    () => true,
    undefined,
    () => false,
  );
  const answer = await app.inject('/readyz');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'storage_unavailable', retryable: true });
  expect((await app.inject('/healthz')).statusCode).toBe(200);
});

it('reveals nothing about internal errors', async () => {
  const answer = await appWith(() => true).inject('/api/ca.pem');
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ code: 'internal' });
  expect(answer.body).not.toContain('secret');
});
