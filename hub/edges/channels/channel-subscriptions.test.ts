import { expect, it } from 'vitest';
import { channelName } from '#protocol/hub-link/channels.ts';
import { CHANNEL_AUDIENCE } from '#protocol/hub-link/tokens.ts';
import { SessionId, SiteId, UserId, newId } from '#protocol/ids.ts';
import { subjectOf } from '../../domain/accounts/principal.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { WallTimers } from '../../kernel/wall-timers.ts';
import { ChannelSubscriptions } from './channel-subscriptions.ts';

it('refuses a join whose right is revoked meanwhile', async () => {
  const clock = new ManualClock(Date.now());
  const channel = { kind: 'site', siteId: newId(SiteId) } as const;
  const name = channelName(channel);
  const caller = {
    kind: 'session',
    userId: newId(UserId),
    sessionId: newId(SessionId),
    reauthenticatedAtMs: 0,
  } as const;
  const seconds = Math.floor(clock.nowMs() / 1000);
  const claims = { sub: subjectOf(caller), chn: name, sid: 'socket' };
  const joined: unknown[] = [];
  let meanwhile = (): void => undefined;
  const subscriptions = new ChannelSubscriptions({
    socketId: 'socket',
    caller,
    clock,
    deadlines: new WallTimers(clock),
    tokens: {
      verify: () =>
        Promise.resolve({
          ok: true,
          claims: {
            ...claims,
            aud: CHANNEL_AUDIENCE,
            iat: seconds,
            exp: seconds + 60,
            grt: seconds + 3600,
          },
        }),
    },
    access: {
      require: () => Promise.resolve(channel),
      endsAtMs: () => {
        meanwhile();
        return Promise.resolve(Infinity);
      },
    },
    joined: (into) => joined.push(into),
    expired: () => undefined,
  });
  meanwhile = () => void subscriptions.revoke(channel);
  expect(await subscriptions.join({ channel: name, token: 'one' })).toMatchObject({
    ok: false,
    code: 'revoked',
  });
  expect(joined).toEqual([]);
  meanwhile = () => undefined;
  expect(await subscriptions.join({ channel: name, token: 'two' })).toMatchObject({ ok: true });
  subscriptions.close();
});
