import { z } from 'zod';
import {
  BrowserSession,
  InvitationCreated,
  type InvitationRequest,
  MemberView,
  type PasswordChange,
  type Reauthentication,
  SessionView,
  type SignInRequest,
  type SignUpRequest,
  SiteView,
  TokenCreated,
  type TokenRequest,
  TokenView,
} from '#protocol/http/accounts.ts';
import { AccountEventsPage } from '#protocol/http/account-events.ts';
import { type DeviceLoginApproval, DeviceLoginView, HubCa } from '#protocol/http/device-logins.ts';
import { type RetentionRequest, RetentionView } from '#protocol/retention.ts';
import type { SessionId, SiteId, TokenId, UserId } from '#protocol/ids.ts';
import type { HttpClient } from '#client/http-client.ts';

export type AccountApi = ReturnType<typeof createAccountApi>;

/** The signed-in user, and the sites that they may see. */
export function createAccountApi(http: HttpClient) {
  return {
    session: () => http.json(SessionView, { path: '/api/session' }),
    signIn: (body: SignInRequest) =>
      http.json(SessionView, { method: 'POST', path: '/api/sign-in', body }),
    signUp: (body: SignUpRequest) =>
      http.json(SessionView, { method: 'POST', path: '/api/sign-up', body }),
    signOut: () => http.send({ method: 'POST', path: '/api/sign-out', body: {} }),
    changePassword: (body: PasswordChange) =>
      http.send({ method: 'POST', path: '/api/account/password', body }),
    reauthenticate: (body: Reauthentication) =>
      http.send({ method: 'POST', path: '/api/account/reauthentication', body }),

    sessions: async () =>
      (
        await http.json(z.object({ sessions: z.array(BrowserSession) }), {
          path: '/api/account/sessions',
        })
      ).sessions,
    endSession: (id: SessionId) =>
      http.send({ method: 'DELETE', path: `/api/account/sessions/${id}` }),

    events: (before: number | undefined, limit: number) =>
      http.json(AccountEventsPage, { path: '/api/account/events', query: { before, limit } }),

    tokens: async () =>
      (await http.json(z.object({ tokens: z.array(TokenView) }), { path: '/api/account/tokens' }))
        .tokens,
    createToken: (body: TokenRequest) =>
      http.json(TokenCreated, { method: 'POST', path: '/api/account/tokens', body }),
    deleteToken: (id: TokenId) =>
      http.send({ method: 'DELETE', path: `/api/account/tokens/${id}` }),

    findDeviceLogin: (userCode: string) =>
      http.json(DeviceLoginView, {
        method: 'POST',
        path: '/api/account/device-logins/find',
        body: { userCode },
      }),
    approveDeviceLogin: (body: DeviceLoginApproval) =>
      http.send({ method: 'POST', path: '/api/account/device-logins/approve', body }),
    denyDeviceLogin: (userCode: string) =>
      http.send({ method: 'POST', path: '/api/account/device-logins/deny', body: { userCode } }),
    caFingerprint: async () => (await http.json(HubCa, { path: '/api/ca' })).fingerprint,

    sites: async () =>
      (await http.json(z.object({ sites: z.array(SiteView) }), { path: '/api/sites' })).sites,
    createSite: (name: string) =>
      http.json(SiteView, { method: 'POST', path: '/api/sites', body: { name } }),
    renameSite: (id: SiteId, name: string) =>
      http.json(SiteView, { method: 'PATCH', path: `/api/sites/${id}`, body: { name } }),

    retention: (id: SiteId) => http.json(RetentionView, { path: `/api/sites/${id}/retention` }),
    setRetention: (id: SiteId, body: RetentionRequest) =>
      http.json(RetentionView, { method: 'PUT', path: `/api/sites/${id}/retention`, body }),

    members: async (id: SiteId) =>
      (
        await http.json(z.object({ members: z.array(MemberView) }), {
          path: `/api/sites/${id}/members`,
        })
      ).members,
    removeMember: (id: SiteId, userId: UserId) =>
      http.send({ method: 'DELETE', path: `/api/sites/${id}/members/${userId}` }),
    invite: (id: SiteId, body: InvitationRequest) =>
      http.json(InvitationCreated, { method: 'POST', path: `/api/sites/${id}/invitations`, body }),
    acceptInvitation: (code: string) =>
      http.json(SiteView, { method: 'POST', path: '/api/invitations/accept', body: { code } }),
  };
}
