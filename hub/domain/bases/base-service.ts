import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { roleMay } from '#protocol/access/permissions.ts';
import { AppError } from '#protocol/errors.ts';
import {
  type BaseClaim,
  type BaseClaimed,
  type ClaimCodeCreated,
  type ClaimCodeStatus,
} from '#protocol/http/bases.ts';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import { claimSecretFrom, formatClaimCode } from '#protocol/hub-link/claim-code.ts';
import { BaseId, ClaimId, type SiteId, type UserId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Requester } from '../accounts/principal.ts';
import type { Revocations } from '../accounts/revocations.ts';
import { hashSecret } from '../accounts/secrets.ts';
import type { Clock } from '#platform/clock.ts';
import type { CommandWaiters } from '../../kernel/command-waiters.ts';
import { anyBase, findBase, insertBase, markBaseRemoved, renameBase } from '../../store/bases.ts';
import {
  type ClaimCodeRecord,
  expireLocalCodes,
  findClaimCode,
  findClaimCodeByHash,
  insertClaimCode,
  markClaimed,
} from '../../store/claim-codes.ts';
import { openCommandIds } from '../../store/commands.ts';
import { WRITERS } from '../../store/writers.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { roleOf } from '../../store/sites.ts';
import { unitsOfBase } from '../../store/units.ts';
import { ed25519Key } from './base-directory.ts';

export interface BaseServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly revocations: Revocations;
  readonly waiters: Pick<CommandWaiters, 'ended'>;
  /** The part of claim codes that names this hub's CA. */
  readonly caFingerprint: () => string;
  readonly hubUrls: () => string[];
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
    const { unitOfWork, clock, caFingerprint, hubUrls } = this.#deps;
    const nowMs = clock.nowMs();
    const secret = claimSecretFrom(randomBytes(8));
    const claim: ClaimCodeRecord = {
      id: newId(ClaimId, nowMs),
      siteId,
      baseName,
      secretHash: hashSecret(secret),
      createdBy,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + LIMITS.claimCodeTtlMs,
      baseId: null,
    };
    await unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold({ site: siteId });
      // Checked again here: a code must not outlive a right that is being revoked.
      if (createdBy !== null) {
        const role = await roleOf(tx, siteId, createdBy);
        if (!role || !roleMay(role, 'base.manage')) throw new AppError('forbidden');
      }
      if (!(await insertClaimCode(tx, claim))) {
        throw new AppError('rate_limited', { details: { reason: 'too many open claim codes' } });
      }
      emit({
        site: siteId,
        type: 'claim_code.created',
        actor: createdBy === null ? HUB_ACTOR : { kind: 'person', id: createdBy },
        data: { claimId: claim.id, baseName, expiresAt: toInstant(claim.expiresAtMs) },
      });
    }, createdBy ?? WRITERS.hub);
    return {
      id: claim.id,
      code: formatClaimCode({ secret, caFingerprint: caFingerprint() }),
      hubUrls: hubUrls(),
      expiresAt: toInstant(claim.expiresAtMs),
    };
  }

  /** The state of a claim code, and its owner. */
  async claimCode(id: ClaimId): Promise<(ClaimCodeStatus & { siteId: SiteId }) | undefined> {
    const claim = await findClaimCode(this.#deps.db, id);
    if (!claim) return undefined;
    const expired = claim.expiresAtMs <= this.#deps.clock.nowMs();
    return {
      id: claim.id,
      siteId: claim.siteId,
      state: claim.baseId !== null ? 'claimed' : expired ? 'expired' : 'waiting',
      baseId: claim.baseId,
      expiresAt: toInstant(claim.expiresAtMs),
    };
  }

  /** Ends the hub's own codes, which no person created. */
  async expireLocalCodes(): Promise<void> {
    const { unitOfWork, clock } = this.#deps;
    await unitOfWork.run(({ tx }) => expireLocalCodes(tx, clock.nowMs()), WRITERS.hub);
  }

  /** Pairs a base: the secret is the right to it, once. */
  async claim(request: BaseClaim): Promise<BaseClaimed> {
    const { unitOfWork, clock, log } = this.#deps;
    const nowMs = clock.nowMs();
    assertKey(request.publicKey);
    const id = newId(BaseId, nowMs);
    const claim = await unitOfWork.run(async ({ tx, emit, hold }) => {
      const secretHash = hashSecret(request.secret);
      const known = await findClaimCodeByHash(tx, secretHash);
      if (known) await hold({ site: known.siteId });
      // Looked up again: of two bases with the same code one gets it.
      const found = await findClaimCodeByHash(tx, secretHash);
      if (!found) throw new AppError('claim_code_invalid');
      if (found.baseId !== null) throw new AppError('claim_code_used');
      if (found.expiresAtMs <= nowMs) throw new AppError('claim_code_expired');
      const made = await insertBase(tx, {
        id,
        siteId: found.siteId,
        name: found.baseName,
        version: request.version,
        publicKey: request.publicKey,
        createdAtMs: nowMs,
      });
      if (!made) throw new AppError('forbidden', { details: { reason: 'too many bases' } });
      await markClaimed(tx, found.id, id);
      emit({
        site: found.siteId,
        type: 'base.added',
        actor: { kind: 'base', id },
        data: { baseId: id, baseName: found.baseName, version: request.version },
      });
      return found;
    }, WRITERS.unauthenticated);
    log.info({ baseId: id, siteId: claim.siteId }, 'base claimed');
    return { baseId: id, siteId: claim.siteId, name: claim.baseName };
  }

  async any(): Promise<boolean> {
    return await anyBase(this.#deps.db);
  }

  async rename(id: BaseId, name: string, by: Requester): Promise<void> {
    await this.#deps.unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold({ siteOf: id });
      const base = await findBase(tx, id);
      if (!base || base.isRemoved) throw new AppError('base_unknown');
      await renameBase(tx, id, name);
      const data = { baseId: id, baseName: name, changes: { name } };
      emit({ site: base.siteId, type: 'base.changed', actor: by.actor, data });
    }, by.account);
  }

  /**
   * Removes a base, its units and their waiting commands. Takes effect at once on its
   * connection.
   */
  async remove(id: BaseId, { account, actor }: Requester): Promise<void> {
    const { unitOfWork, clock, log, revocations, waiters } = this.#deps;
    await unitOfWork.run(async ({ tx, emit, wake, hold }) => {
      await hold({ siteOf: id });
      const base = await findBase(tx, id);
      if (!base || base.isRemoved) throw new AppError('base_unknown');
      const units = await unitsOfBase(tx, base.key);
      // Its commands go with it.
      const open = await openCommandIds(tx, { baseId: id });
      await markBaseRemoved(tx, base, clock.nowMs());
      for (const unit of units) {
        const data = { unitId: unit.id, unitName: unit.name, baseId: id };
        emit({ site: base.siteId, type: 'unit.removed', actor, data });
      }
      const data = { baseId: id, baseName: base.name };
      emit({ site: base.siteId, type: 'base.removed', actor, data });
      wake(() => {
        revocations.announce({ kind: 'base', baseId: id });
        for (const commandId of open) waiters.ended(commandId);
        log.info({ baseId: id }, 'base removed');
      });
    }, account);
  }
}

function assertKey(publicKey: string): void {
  try {
    ed25519Key(publicKey);
  } catch (error) {
    throw new AppError('bad_request', { cause: error, details: { path: 'publicKey' } });
  }
}
