import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#protocol/errors.ts';
import { addressKey } from '../admission/address-key.ts';
import type { HttpApp } from './http-app.ts';

/** Calls per minute and address. Households and offices share one address. */
export interface RateLimitSettings {
  /** Invalid sessions, tokens, assertions and signatures; counted separately on the channels. */
  readonly failures: number;
  readonly signIn: number;
  readonly signUp: number;
  readonly claim: number;
  readonly deviceLogin: number;
  /** Everything that needs no authentication, including the pages. */
  readonly open: number;
}

export const DEFAULT_RATE_LIMITS: RateLimitSettings = {
  failures: 120,
  signIn: 10,
  signUp: 10,
  claim: 10,
  deviceLogin: 10,
  open: 1_200,
};

export type RateLimits = {
  readonly [K in keyof RateLimitSettings]: (request: FastifyRequest) => Promise<void>;
};

export const WINDOW_MS = 60_000;

/** IPv6 counts by network, as everywhere: one machine has all the rest of its addresses. */
const keyGenerator = ({ client }: FastifyRequest): string => addressKey(client.address);

/** Limiters that throw `rate_limited` with the time to wait. */
export async function makeRateLimits(
  app: HttpApp,
  settings: RateLimitSettings,
): Promise<RateLimits> {
  await app.register(fastifyRateLimit, { global: false });
  const limiter = (max: number) => {
    const check = app.createRateLimit({ max, timeWindow: WINDOW_MS, keyGenerator });
    return async (request: FastifyRequest): Promise<void> => {
      const verdict = await check(request);
      if (verdict.isAllowed || !verdict.isExceeded) return;
      throw new AppError('rate_limited', {
        details: { retryAfterSeconds: verdict.ttlInSeconds },
      });
    };
  };
  return {
    failures: limiter(settings.failures),
    signIn: limiter(settings.signIn),
    signUp: limiter(settings.signUp),
    claim: limiter(settings.claim),
    deviceLogin: limiter(settings.deviceLogin),
    open: limiter(settings.open),
  };
}
