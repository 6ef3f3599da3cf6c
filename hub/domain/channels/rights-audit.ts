import type { Clock } from '#platform/clock.ts';
import { inChunks } from '#platform/in-chunks.ts';
import type { SiteId, UserId } from '#protocol/ids.ts';
import {
  keptBases,
  keptCredentials,
  keptDevices,
  keptTokens,
  membersAmong,
  openSessions,
} from '../../store/rights.ts';
import type { Db } from '../../store/schema.ts';
import { isUser, type Principal } from '../accounts/principal.ts';
import type { Revocations } from '../accounts/revocations.ts';

/** A right that an open connection rests on. */
export interface RightInUse {
  readonly caller: Principal;
  /** Sites that it follows. */
  readonly sites: readonly SiteId[];
}

export interface RightsAuditDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly revocations: Pick<Revocations, 'announce'>;
}

/** Ids in one query. */
const CHUNK = 500;

/**
 * Looks up the rights that open connections rest on, where word of a revocation at another
 * hub may have been lost; announces those that are gone.
 */
export class RightsAudit {
  readonly #deps: RightsAuditDeps;
  readonly #sources: (() => readonly RightInUse[])[] = [];

  constructor(deps: RightsAuditDeps) {
    this.#deps = deps;
  }

  register(source: () => readonly RightInUse[]): void {
    this.#sources.push(source);
  }

  async run(): Promise<void> {
    const { db, clock, revocations } = this.#deps;
    const rights = this.#sources.flatMap((source) => source());
    const callers = rights.map(({ caller }) => caller);
    const sessions = callers.flatMap((one) => (one.kind === 'session' ? [one.sessionId] : []));
    const tokens = callers.flatMap((one) => (one.kind === 'token' ? [one.tokenId] : []));
    const bases = callers.flatMap((one) => (one.kind === 'base' ? [one.baseId] : []));
    const nowMs = clock.nowMs();
    for (const sessionId of await missing(sessions, (ids) => openSessions(db, ids, nowMs)))
      revocations.announce({ kind: 'session', sessionId }, 'another hub');
    for (const tokenId of await missing(tokens, (ids) => keptTokens(db, ids)))
      revocations.announce({ kind: 'token', tokenId }, 'another hub');
    for (const baseId of await missing(bases, (ids) => keptBases(db, ids)))
      revocations.announce({ kind: 'base', baseId }, 'another hub');
    await this.#devices(callers);
    await this.#members(rights);
  }

  async #devices(callers: readonly Principal[]): Promise<void> {
    const { db, revocations } = this.#deps;
    const devices = callers.flatMap((one) => (one.kind === 'device' ? [one] : []));
    const ids = devices.map(({ deviceId }) => deviceId);
    for (const deviceId of await missing(ids, (some) => keptDevices(db, some)))
      revocations.announce({ kind: 'device', deviceId }, 'another hub');
    const owners = new Map(
      devices.flatMap(({ deviceId, credentialIds }) =>
        credentialIds.map((id) => [id, deviceId] as const),
      ),
    );
    const gone = await missing([...owners.keys()], (some) => keptCredentials(db, some));
    for (const credentialId of gone) {
      const deviceId = owners.get(credentialId);
      if (deviceId)
        revocations.announce({ kind: 'credential', deviceId, credentialId }, 'another hub');
    }
  }

  async #members(rights: readonly RightInUse[]): Promise<void> {
    const { db, revocations } = this.#deps;
    const used = new Map<string, { readonly userId: UserId; readonly siteId: SiteId }>();
    for (const { caller, sites } of rights) {
      if (!isUser(caller)) continue;
      for (const siteId of sites) {
        const { userId } = caller;
        used.set(`${userId} ${siteId}`, { userId, siteId });
      }
    }
    const sites = [...used.values()].map(({ siteId }) => siteId);
    for (const chunk of inChunks([...new Set(sites)], CHUNK)) {
      const members = await membersAmong(db, chunk);
      for (const { userId, siteId } of members) used.delete(`${userId} ${siteId}`);
    }
    for (const { userId, siteId } of used.values())
      revocations.announce({ kind: 'member', userId, siteId }, 'another hub');
  }
}

async function missing<T>(
  all: readonly T[],
  kept: (ids: readonly T[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const gone: T[] = [];
  for (const chunk of inChunks([...new Set(all)], CHUNK)) {
    const found = new Set(await kept(chunk));
    gone.push(...chunk.filter((id) => !found.has(id)));
  }
  return gone;
}
