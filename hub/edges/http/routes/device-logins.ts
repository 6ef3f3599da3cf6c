import type { FastifyRequest } from 'fastify';
import {
  DeviceLoginApproval,
  DeviceLoginGranted,
  DeviceLoginPoll,
  DeviceLoginQuestion,
  DeviceLoginRequest,
  DeviceLoginStarted,
  DeviceLoginView,
  OwnToken,
} from '#protocol/http/device-logins.ts';
import type { AccountService } from '../../../domain/accounts/account-service.ts';
import type { RequestOrigin, DeviceLogins } from '../../../domain/accounts/device-logins.ts';
import type { TokenService } from '../../../domain/accounts/token-service.ts';
import { addressKey } from '../../admission/address-key.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import type { RateLimits } from '../rate-limits.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface DeviceLoginRoutesDeps {
  readonly guards: Guards;
  readonly limits: RateLimits;
  readonly accounts: Pick<AccountService, 'user'>;
  readonly deviceLogins: DeviceLogins;
  readonly tokens: TokenService;
}

const tags = ['Accounts'];

/** How a program gets a token of a person, and what it may do with it. */
export function deviceLoginRoutes(app: HttpApp, deps: DeviceLoginRoutesDeps): void {
  const { guards, limits, accounts, deviceLogins, tokens } = deps;

  app.post('/api/device-logins', {
    onRequest: limits.deviceLogin,
    schema: {
      tags,
      summary: 'Start a program’s login (similar to RFC 8628)',
      description:
        'Show `userCode` and the address of the page `path` of this hub to a person, then poll for the token.',
      body: DeviceLoginRequest,
      response: { 201: DeviceLoginStarted, ...PROBLEMS },
    },
    handler: async (request, reply) =>
      await reply.status(201).send(await deviceLogins.start(request.body, fromOf(request))),
  });

  app.post('/api/device-logins/token', {
    onRequest: guards.open,
    schema: {
      tags,
      summary: 'Poll for the token of a login; it is returned once',
      description:
        '`login_pending`: poll again after the interval. `login_slow_down`: wait longer.',
      body: DeviceLoginPoll,
      response: { 200: DeviceLoginGranted, ...PROBLEMS },
    },
    handler: async (request) => await deviceLogins.redeem(request.body.deviceCode),
  });

  app.post('/api/account/device-logins/find', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'The program that is waiting with this code',
      body: DeviceLoginQuestion,
      response: { 200: DeviceLoginView, ...PROBLEMS },
    },
    handler: async (request) =>
      await deviceLogins.find(guards.person(request), request.body.userCode, fromOf(request)),
  });

  app.post('/api/account/device-logins/approve', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Approve a program: it gets a token of the caller',
      description:
        'The program fetches it; it is then listed under API tokens and can be revoked there.',
      body: DeviceLoginApproval,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      await deviceLogins.approve(guards.person(request), request.body, fromOf(request));
      return await reply.status(204).send(null);
    },
  });

  app.post('/api/account/device-logins/deny', {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Deny a program',
      body: DeviceLoginQuestion,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      await deviceLogins.deny(guards.person(request), request.body.userCode, fromOf(request));
      return await reply.status(204).send(null);
    },
  });

  app.get('/api/account/token', {
    onRequest: guards.may('token.own'),
    schema: {
      tags,
      summary: 'The API token of this request, and its owner',
      response: { 200: OwnToken, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.token(request);
      return { token: await tokens.own(caller), user: await accounts.user(caller.userId) };
    },
  });

  app.delete('/api/account/token', {
    onRequest: guards.may('token.own'),
    schema: {
      tags,
      summary: 'Revoke the API token of this request',
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { userId, tokenId } = guards.token(request);
      await tokens.remove(userId, tokenId);
      return await reply.status(204).send(null);
    },
  });
}

function fromOf(request: FastifyRequest): RequestOrigin {
  const { address } = request.client;
  return { address: addressKey(address), shownAddress: address };
}
