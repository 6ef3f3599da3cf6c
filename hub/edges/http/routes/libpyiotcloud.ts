import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import {
  BOARD_API_NAMES,
  boardArguments,
  type BoardApi,
  type BoardCall,
} from '#protocol/device/board-call.ts';
import { AppError } from '#protocol/errors.ts';
import {
  LibpyiotcloudCall,
  LibpyiotcloudDevice,
  LibpyiotcloudLogin,
  LibpyiotcloudSecret,
  LibpyiotcloudSetting,
} from '#protocol/http/libpyiotcloud.ts';
import type { LibpyiotcloudCaller } from '../../../domain/libpyiotcloud/accounts.ts';
import type { LibpyiotcloudOffers } from '../../../domain/libpyiotcloud/module.ts';
import { addressKey } from '../../admission/address-key.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import type { LoadBound } from '../load-bound.ts';
import type { RateLimits } from '../rate-limits.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface LibpyiotcloudRoutesDeps extends LibpyiotcloudOffers {
  readonly guards: Guards;
  readonly limits: RateLimits;
  readonly load: Pick<LoadBound, 'readBody'>;
  /** By which a device verifies the hub. */
  readonly caPem: () => string;
  /** Serve it at `/` as well. */
  readonly libpyiotcloudAtRoot: boolean;
}

const tags = ['libpyiotcloud'];
/** Its own path, where nothing else is. */
const PATH = '/libpyiotcloud';
const BODY_BYTES = 16_384;
const WRITES: ReadonlySet<string> = new Set([
  ...['set_gpio', 'set_rtc', 'set_status', 'set_mac', 'write_uart'],
]);
const SEE = 'For clients of libpyiotcloud: docs/from-libpyiotcloud.md.';
const IN_BODY = `${SEE} Its arguments are JSON in the body.`;

/** What its clients expect in the body of a 400. */
const TEXT = {
  secret: 'Device secret is not valid!',
  device: 'Device is not registered!',
  silent: 'Device is not running!',
  unreadable: 'Device answer is not valid!',
  busy: 'Device is busy!',
} as const;

/** The API of libpyiotcloud as its own client calls it, with JSON in the body of a GET as well. */
export function libpyiotcloudRoutes(app: HttpApp, deps: LibpyiotcloudRoutesDeps): void {
  const { guards, libpyiotcloud } = deps;
  const path = '/api/account/libpyiotcloud';

  app.get(path, {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'The site that the libpyiotcloud API serves for this account',
      response: { 200: LibpyiotcloudSetting, ...PROBLEMS },
    },
    handler: async (request) => ({
      siteId: await libpyiotcloud.accounts.siteOf(guards.person(request).userId),
    }),
  });

  app.put(path, {
    onRequest: guards.may('account.manage'),
    schema: {
      tags,
      summary: 'Switch the libpyiotcloud API on or off for this account',
      description: 'What its logins gave before ends.',
      body: LibpyiotcloudSetting,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      await libpyiotcloud.accounts.set(guards.person(request).userId, request.body.siteId);
      return await reply.status(204).send(null);
    },
  });

  app.get(`${PATH}/`, {
    onRequest: guards.open,
    schema: { tags, summary: 'Shows that it is here', description: SEE },
    handler: async (_request, reply) => await reply.type('text/plain').send('Hello, World!'),
  });
  callRoutes(app, { ...deps, prefix: PATH });
  if (deps.libpyiotcloudAtRoot) callRoutes(app, { ...deps, prefix: '' });
}

function callRoutes(
  app: HttpApp,
  deps: LibpyiotcloudRoutesDeps & { readonly prefix: string },
): void {
  const { guards, limits, libpyiotcloud, caPem, prefix } = deps;
  const { accounts, devices } = libpyiotcloud;
  const route = (summary: string) => ({
    bodyLimit: BODY_BYTES,
    schema: { tags, summary, description: IN_BODY, hide: prefix === '' },
  });

  app.post(`${prefix}/signup`, {
    ...route('Create an account, where anybody may'),
    onRequest: limits.signUp,
    handler: async (request) => {
      try {
        await accounts.signUp(parsed(LibpyiotcloudLogin, request.body), clientOf(request));
        return { status: 'OK' };
      } catch (error) {
        return { status: refusalOf(error, SIGN_UP_REFUSALS) };
      }
    },
  });

  app.post(`${prefix}/login`, {
    ...route('A secret for an account'),
    onRequest: limits.signIn,
    handler: async (request) => {
      try {
        const credentials = parsed(LibpyiotcloudLogin, request.body);
        return { status: 'OK', secret: await accounts.logIn(credentials, clientOf(request)) };
      } catch (error) {
        return { status: refusalOf(error, LOGIN_REFUSALS), secret: 'Unknown' };
      }
    },
  });

  app.get(`${prefix}/get_device_list`, {
    ...route('The devices of the account'),
    onRequest: guards.open,
    handler: async (request) => {
      const { username, secret } = parsed(LibpyiotcloudSecret, await bodyOf(request, deps));
      const caller = await callerOf(request, deps, { username, secret });
      if (!caller) return { status: WRONG_SECRET, devices: [] };
      return { status: 'OK', devices: await devices.list(caller) };
    },
  });

  app.post(`${prefix}/register_device`, {
    ...route('Register a device; its key is in the answer and nowhere else'),
    onRequest: guards.open,
    handler: async (request) => {
      const { devicename, ...credentials } = parsed(LibpyiotcloudDevice, request.body);
      const caller = await callerOf(request, deps, credentials);
      if (!caller) return { status: WRONG_SECRET };
      try {
        const device = await devices.register(caller, devicename);
        return { status: 'OK', ...device, ca: caPem() };
      } catch (error) {
        return { status: refusalOf(error, DEVICE_REFUSALS) };
      }
    },
  });

  app.post(`${prefix}/unregister_device`, {
    ...route('Unregister a device: its connection and its rights end at once'),
    onRequest: guards.open,
    handler: async (request) => {
      const { devicename, ...credentials } = parsed(LibpyiotcloudDevice, request.body);
      const caller = await callerOf(request, deps, credentials);
      if (!caller) return { status: WRONG_SECRET };
      try {
        await devices.unregister(caller, devicename);
        return { status: 'OK' };
      } catch (error) {
        return { status: refusalOf(error, DEVICE_REFUSALS) };
      }
    },
  });

  for (const api of BOARD_API_NAMES) {
    app.route({
      method: WRITES.has(api) ? 'POST' : 'GET',
      url: `${prefix}/${api}`,
      ...route(`Call a board: ${api}`),
      onRequest: guards.open,
      handler: async (request, reply) => await callBoard({ request, reply, api }, deps),
    });
  }
  app.post(`${prefix}/reset_device`, {
    ...route('Restart a board'),
    onRequest: guards.open,
    handler: async (request, reply) => {
      const args = { status: 'restart' };
      return await callBoard({ request, reply, api: 'set_status', args }, deps);
    },
  });
}

async function callBoard(
  {
    request,
    reply,
    api,
    args,
  }: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly api: BoardApi;
    readonly args?: BoardCall['args'];
  },
  deps: LibpyiotcloudRoutesDeps,
): Promise<FastifyReply> {
  const body = await bodyOf(request, deps);
  const { username, secret, devicename, cached, ...rest } = parsed(LibpyiotcloudCall, body);
  const call: BoardCall = { api, args: args ?? parsed(boardArguments(api), rest) };
  const caller = await callerOf(request, deps, { username, secret });
  if (!caller) return await refuse(reply, TEXT.secret);
  const { boards } = deps.libpyiotcloud;
  try {
    const outcome = await boards.call(caller, devicename, call);
    switch (outcome.kind) {
      case 'answered':
        return await reply.type('application/json').send(outcome.text);
      case 'unregistered':
        return await refuse(reply, TEXT.device);
      case 'silent': {
        if (!cached) return await refuse(reply, TEXT.silent);
        const last = await boards.last(caller.siteId, devicename, call);
        return await reply.status(503).type('application/json').send(unreachable(last));
      }
      case 'unreadable':
      case 'busy':
        return await refuse(reply, TEXT[outcome.kind]);
      default:
        return outcome satisfies never;
    }
  } catch (error) {
    const isUnknown = error instanceof AppError && /^(site|device|unit)_unknown$/.test(error.code);
    if (isUnknown) return await refuse(reply, TEXT.device);
    throw error;
  }
}

function unreachable(
  last: { readonly text: string; readonly answeredAtMs: number } | undefined,
): string {
  const cached =
    last === undefined
      ? 'null'
      : `{"answer": ${last.text}, "timestamp": ${Math.floor(last.answeredAtMs / 1_000)}}`;
  return `{"status": "NG", "message": "Device is unreachable!", "cached": ${cached}}`;
}

async function refuse(reply: FastifyReply, text: string): Promise<FastifyReply> {
  return await reply.status(400).type('text/plain; charset=utf-8').send(text);
}

/** Wrong secrets are counted by address, as everywhere. */
async function callerOf(
  request: FastifyRequest,
  { libpyiotcloud, limits }: LibpyiotcloudRoutesDeps,
  { username, secret }: { readonly username: string; readonly secret: string },
): Promise<LibpyiotcloudCaller | undefined> {
  const caller = await libpyiotcloud.accounts.authenticate(username, secret);
  if (!caller) await limits.failures(request);
  return caller;
}

/** Of a GET as well, whose body nothing else reads. */
async function bodyOf(
  request: FastifyRequest,
  { load }: Pick<LibpyiotcloudRoutesDeps, 'load'>,
): Promise<unknown> {
  if (request.method !== 'GET') return request.body;
  const text = (await load.readBody(request, request.raw)).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('malformed_json');
  }
}

const WRONG_SECRET = 'NG, secret is incorrect';
const LOGIN_REFUSALS = { credentials_invalid: 'NG, password is incorrect' };
const SIGN_UP_REFUSALS = {
  email_taken: 'NG, username already exist',
  bad_request: 'NG, username is not an e-mail address',
  password_too_weak: 'NG, password is too weak',
  setup_code_invalid: 'NG, sign-up is closed',
  invitation_invalid: 'NG, sign-up is closed',
  sign_up_closed: 'NG, sign-up is closed',
};
const DEVICE_REFUSALS = {
  device_name_taken: 'NG, device already registered',
  device_unknown: 'NG, device not registered',
  site_unknown: 'NG, device not registered',
  device_limit: 'NG, too many devices',
  bad_request: 'NG, devicename is not valid',
  forbidden: 'NG, not allowed',
};

function refusalOf(error: unknown, refusals: Readonly<Record<string, string>>): string {
  const known = error instanceof AppError ? refusals[error.code] : undefined;
  if (known === undefined) throw error;
  return known;
}

/** As the body of any other route, whose schema refuses it. */
function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const outcome = schema.safeParse(body);
  if (outcome.success) return outcome.data;
  const [issue] = outcome.error.issues;
  const details = { in: 'body', path: issue?.path.join('.') ?? '', reason: issue?.message ?? '' };
  throw new AppError('bad_request', { details });
}

function clientOf(request: FastifyRequest) {
  return {
    address: addressKey(request.client.address),
    userAgent: request.headers['user-agent'] ?? '',
  };
}
