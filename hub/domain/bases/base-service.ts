import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { roleMay } from '#protocol/access/permissions.ts';
import { AppError } from '#protocol/errors.ts';
import {
  type BaseClaim,
  type BaseClaimed,
  BaseView,
  type ClaimCodeCreated,
  type ClaimCodeStatus,
} from '#protocol/http/bases.ts';
import { claimSecretFrom, formatClaimCode } from '#protocol/hub-link/claim-code.ts';
import { BaseId, ClaimId, type SiteId, type UnitId, type UserId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Revocations } from '../accounts/revocations.ts';
import { hashSecret } from '../accounts/secrets.ts';
import type { Clock } from '#platform/clock.ts';
import type { CommandWaiters } from '../../kernel/command-waiters.ts';
import type { Publisher } from '../../kernel/publisher.ts';
import {
  type BaseRow,
  anyBase,
  basesOfSite,
  findBase,
  insertBase,
  markBaseRemoved,
  renameBase,
  setLastSeen,
} from '../../store/bases.ts';
import {
  expireLocalCodes,
  findClaimCode,
  findClaimCodeByHash,
  insertClaimCode,
  markClaimed,
} from '../../store/claim-codes.ts';
import { openCommandIds } from '../../store/commands.ts';
import { type GroupCommit, WRITERS } from '../../store/engine/sqlite/group-commit.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { ClaimCodesTable, Db } from '../../store/schema.ts';
import { roleOf } from '../../store/sites.ts';
import { unitIdsOfBase } from '../../store/units.ts';
import { ed25519Key } from './base-directory.ts';
import type { BasePresences } from './base-presence.ts';

export interface BaseServiceDeps {
  readonly db: Db;
  readonly writer: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly presence: BasePresences;
  readonly publisher: Publisher;
  readonly readable: ReadableRows;
  readonly revocations: Revocations;
  /** Told of units that go with their base. */
  readonly units: { forget(unitId: UnitId): void };
  readonly waiters: Pick<CommandWaiters, 'ended'>;
  /** The part of claim codes that names this hub's CA. */
  readonly caFingerprint: () => string;
  readonly hubUrls: () => string[];
  /** Called after a base was claimed. */
  readonly claimed: () => void;
}

/** Pairing, naming and removing bases. */
export class BaseService {
  readonly #deps: BaseServiceDeps;

  constructor(deps: BaseServiceDeps) {
    this.#deps = deps;
  }

  async createClaimCode(wanted: {
    readonly siteId: SiteId;
    readonly baseName: string;
    /** An owner of the site; null for the hub itself. */
    readonly createdBy: UserId | null;
  }): Promise<ClaimCodeCreated> {
    const { siteId, baseName, createdBy } = wanted;
    const { writer, clock, caFingerprint, hubUrls } = this.#deps;
    const nowMs = clock.nowMs();
    const secret = claimSecretFrom(randomBytes(8));
    const claim: ClaimCodesTable = {
      id: newId(ClaimId, nowMs),
      site_id: siteId,
      base_name: baseName,
      secret_hash: hashSecret(secret),
      created_by: createdBy,
      created_at: nowMs,
      expires_at: nowMs + LIMITS.claimCodeTtlMs,
      base_id: null,
    };
    await writer.run(async (tx) => {
      // Asked again here: a code must not outlive a right that is being taken back.
      if (createdBy !== null) {
        const role = await roleOf(tx, siteId, createdBy);
        if (!role || !roleMay(role, 'base.manage')) throw new AppError('forbidden');
      }
      if (!(await insertClaimCode(tx, claim))) {
        throw new AppError('rate_limited', { details: { reason: 'too many open claim codes' } });
      }
    }, createdBy ?? WRITERS.hub);
    return {
      id: claim.id,
      code: formatClaimCode({ secret, caFingerprint: caFingerprint() }),
      hubUrls: hubUrls(),
      expiresAt: toInstant(claim.expires_at),
    };
  }

  /** What became of a claim code, and whose it is. */
  async claimCode(id: ClaimId): Promise<(ClaimCodeStatus & { siteId: SiteId }) | undefined> {
    const claim = await findClaimCode(this.#deps.db, id);
    if (!claim) return undefined;
    const expired = claim.expires_at <= this.#deps.clock.nowMs();
    return {
      id: claim.id,
      siteId: claim.site_id,
      state: claim.base_id !== null ? 'claimed' : expired ? 'expired' : 'waiting',
      baseId: claim.base_id,
      expiresAt: toInstant(claim.expires_at),
    };
  }

  /** Ends the hub's own codes, which nobody made by hand. */
  async expireLocalCodes(): Promise<void> {
    const { writer, clock } = this.#deps;
    await writer.run((tx) => expireLocalCodes(tx, clock.nowMs()), WRITERS.hub);
  }

  /** Pairs a base: the secret is the right to it, once. */
  async claim(request: BaseClaim): Promise<BaseClaimed> {
    const { writer, clock, log, claimed } = this.#deps;
    const nowMs = clock.nowMs();
    assertKey(request.publicKey);
    const id = newId(BaseId, nowMs);
    const claim = await writer.run(async (tx) => {
      const found = await findClaimCodeByHash(tx, hashSecret(request.secret));
      if (!found) throw new AppError('claim_code_invalid');
      if (found.base_id !== null) throw new AppError('claim_code_used');
      if (found.expires_at <= nowMs) throw new AppError('claim_code_expired');
      const made = await insertBase(tx, {
        id,
        site_id: found.site_id,
        name: found.base_name,
        version: request.version,
        public_key: request.publicKey,
        created_at: nowMs,
      });
      if (!made) throw new AppError('forbidden', { details: { reason: 'too many bases' } });
      await markClaimed(tx, found.id, id);
      return found;
    }, WRITERS.unauthenticated);
    log.info({ baseId: id, siteId: claim.site_id }, 'base claimed');
    claimed();
    await this.tellChanged(id);
    return { baseId: id, siteId: claim.site_id, name: claim.base_name };
  }

  async get(id: BaseId): Promise<BaseView | undefined> {
    const row = await findBase(this.#deps.db, id);
    return row && row.removed_at === null ? this.#view(row) : undefined;
  }

  async ofSite(siteId: SiteId): Promise<BaseView[]> {
    return this.#deps.readable.each(await basesOfSite(this.#deps.db, siteId), {
      what: 'base',
      idOf: ({ id }) => id,
      schema: BaseView,
      make: (row) => this.#view(row),
    });
  }

  async any(): Promise<boolean> {
    return await anyBase(this.#deps.db);
  }

  async rename(id: BaseId, name: string, account: string): Promise<void> {
    await this.#deps.writer.run((tx) => renameBase(tx, id, name), account);
    await this.tellChanged(id);
  }

  /** Takes a base away, with its units and what waits for them. Acts at once on its connection. */
  async remove(id: BaseId, account: string): Promise<void> {
    const { writer, clock, log, presence, publisher, revocations, units, waiters } = this.#deps;
    const removed = await writer.run(async (tx) => {
      const row = await findBase(tx, id);
      if (!row || row.removed_at !== null) throw new AppError('base_unknown');
      const unitIds = await unitIdsOfBase(tx, row.key);
      // Its commands go with it.
      const open = await openCommandIds(tx, id);
      await markBaseRemoved(tx, row, clock.nowMs());
      return { siteId: row.site_id, unitIds, open };
    }, account);
    revocations.announce({ kind: 'base', baseId: id });
    presence.forget(id);
    for (const commandId of removed.open) waiters.ended(commandId);
    for (const unitId of removed.unitIds) {
      units.forget(unitId);
      publisher.publish(removed.siteId, 'unit.removed', { unitId });
    }
    publisher.publish(removed.siteId, 'base.removed', { baseId: id });
    log.info({ baseId: id }, 'base removed');
  }

  /** Its presence changed. */
  async presenceChanged(id: BaseId): Promise<void> {
    const { writer, clock, log, presence } = this.#deps;
    await writer.run((tx) => setLastSeen(tx, id, clock.nowMs()), id);
    log.info({ baseId: id, online: presence.isOnline(id) }, 'base presence changed');
    await this.tellChanged(id);
  }

  async tellChanged(id: BaseId): Promise<void> {
    const base = await this.get(id);
    if (base) this.#deps.publisher.publish(base.siteId, 'base.changed', { base });
  }

  #view(row: BaseRow): BaseView {
    return {
      id: row.id,
      siteId: row.site_id,
      name: row.name,
      version: row.version,
      presence: this.#deps.presence.view(row.id, row.last_seen_at),
      createdAt: toInstant(row.created_at),
    };
  }
}

function assertKey(publicKey: string): void {
  try {
    ed25519Key(publicKey);
  } catch (error) {
    throw new AppError('bad_request', { cause: error, details: { path: 'publicKey' } });
  }
}
