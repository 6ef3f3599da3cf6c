import { z } from 'zod';
import {
  BrowserSession,
  PasswordChange,
  Reauthentication,
  SessionView,
  SignInRequest,
  SignUpRequest,
  TokenCreated,
  TokenRequest,
  TokenView,
} from '#protocol/http/accounts.ts';
import { AccountEventsPage, AccountEventsQuery } from '#protocol/http/account-events.ts';
import { SessionId, TokenId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { AccountService, Client } from '../../../domain/accounts/account-service.ts';
import type { SessionService } from '../../../domain/accounts/session-service.ts';
import type { TokenService } from '../../../domain/accounts/token-service.ts';
import { AppError } from '#protocol/errors.ts';
import type { FastifyRequest } from 'fastify';
import { addressKey } from '../../admission/address-key.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import type { RateLimits } from '../rate-limits.ts';
import { Nothing, PROBLEMS } from '../responses.ts';
import { sameOrigin } from '../../admission/same-origin.ts';
import { clearSessionCookie, setSessionCookie } from '../../admission/session-cookie.ts';

export interface AccountRoutesDeps {
  readonly guards: Guards;
  readonly limits: RateLimits;
  readonly accounts: AccountService;
  readonly sessions: SessionService;
  readonly tokens: TokenService;
}

const tags = ['Accounts'];

/** Signing up, in and out; sessions and API tokens of the caller. */
export function accountRoutes(app: HttpApp, deps: AccountRoutesDeps): void {
  const { guards, limits, accounts, sessions, tokens } = deps;

  app.get('/api/session', {
    onRequest: guards.optional,
    schema: {
      tags,
      summary: 'Who is signed in, and who may sign up',
      response: { 200: SessionView, ...PROBLEMS },
    },
    handler: async (request) => await accounts.view(guards.personOrNobody(request)?.userId),
  });

  app.post('/api/sign-up', {
    onRequest: [limits.signUp, ownPagesOnly],
    schema: {
      tags,
      summary: 'Create an account and sign in',
      body: SignUpRequest,
      response: { 201: SessionView, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const signedIn = await accounts.signUp(request.body, clientOf(request));
      setSessionCookie(request, reply, signedIn.session.secret);
      return await reply.status(201).send(signedIn.view);
    },
  });

  app.post('/api/sign-in', {
    onRequest: [limits.signIn, ownPagesOnly],
    schema: {
      tags,
      summary: 'Sign in',
      body: SignInRequest,
      response: { 200: SessionView, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const signedIn = await accounts.signIn(request.body, clientOf(request));
      setSessionCookie(request, reply, signedIn.session.secret);
      return signedIn.view;
    },
  });

  app.post('/api/sign-out', {
    onRequest: guards.may('account.manage'),
    schema: { tags, summary: 'End this session', response: { 204: Nothing, ...PROBLEMS } },
    handler: async (request, reply) => {
      const { userId, sessionId } = guards.person(request);
      await sessions.end(userId, sessionId);
      clearSessionCookie(request, reply);
      return await reply.status(204).send(null);
    },
  });

  app.post('/api/account/password', {
    // Counted per person: others at the address of a guesser are not locked out.
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Change the password; ends all other sessions',
      description:
        'API tokens stay valid, so that software keeps working: revoke those that others may know.',
      body: PasswordChange,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      await accounts.changePassword(guards.person(request), request.body);
      return await reply.status(204).send(null);
    },
  });

  app.post('/api/account/reauthentication', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Confirm the password before an action that cannot be undone remotely',
      description: `For ${LIMITS.reauthenticationTtlMs / 60_000} minutes this session may then do what otherwise fails with \`reauthentication_required\`. Signing in counts too.`,
      body: Reauthentication,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      await accounts.reauthenticate(guards.person(request), request.body.password);
      return await reply.status(204).send(null);
    },
  });

  app.get('/api/account/events', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'What concerned the security of the account, newest first',
      description:
        'Sign-ins, ended sessions, passwords, API tokens. Kept for a year, and at most 10,000.',
      querystring: AccountEventsQuery,
      response: { 200: AccountEventsPage, ...PROBLEMS },
    },
    handler: async (request) => await accounts.events(guards.person(request).userId, request.query),
  });

  app.get('/api/account/sessions', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Signed-in browsers',
      response: { 200: z.object({ sessions: z.array(BrowserSession) }), ...PROBLEMS },
    },
    handler: async (request) => ({ sessions: await sessions.list(guards.person(request)) }),
  });

  app.delete('/api/account/sessions/:sessionId', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Sign a browser out',
      params: z.strictObject({ sessionId: SessionId }),
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.person(request);
      await sessions.end(caller.userId, request.params.sessionId);
      if (request.params.sessionId === caller.sessionId) clearSessionCookie(request, reply);
      return await reply.status(204).send(null);
    },
  });

  app.get('/api/account/tokens', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'The API tokens',
      response: { 200: z.object({ tokens: z.array(TokenView) }), ...PROBLEMS },
    },
    handler: async (request) => ({ tokens: await tokens.list(guards.person(request).userId) }),
  });

  app.post('/api/account/tokens', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Create an API token; its secret is shown once',
      body: TokenRequest,
      response: { 201: TokenCreated, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const created = await tokens.create(guards.person(request).userId, request.body);
      return await reply.status(201).send(created);
    },
  });

  app.delete('/api/account/tokens/:tokenId', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Revoke an API token',
      params: z.strictObject({ tokenId: TokenId }),
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      await tokens.remove(guards.person(request).userId, request.params.tokenId);
      return await reply.status(204).send(null);
    },
  });
}

/** Another site must not sign anyone in here, not even as someone else. */
function ownPagesOnly(request: FastifyRequest): Promise<void> {
  return sameOrigin(request.headers, request.client.isSecure)
    ? Promise.resolve()
    : Promise.reject(new AppError('origin_refused'));
}

function clientOf(request: FastifyRequest): Client {
  return {
    address: addressKey(request.client.address),
    userAgent: request.headers['user-agent'] ?? '',
  };
}
