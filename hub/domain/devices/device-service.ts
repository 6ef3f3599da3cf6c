import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { clientIdFrom } from '#protocol/device/device.ts';
import { AppError } from '#protocol/errors.ts';
import type {
  CredentialRequest,
  DeviceChange,
  DeviceCredential,
  DeviceRequest,
  DeviceRotation,
} from '#protocol/http/devices.ts';
import { CredentialId, DeviceId, type SiteId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import type { DeviceCertificates } from '../../kernel/device-certificates.ts';
import {
  type CredentialRecord,
  type DeviceRecord,
  changeDevice,
  credentialsOf,
  deleteCredential,
  deleteDevice,
  deviceOfName,
  findDevice,
  insertCredential,
  insertDevice,
} from '../../store/devices.ts';
import type { Tx } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { Requester } from '../accounts/principal.ts';
import type { Revocations } from '../accounts/revocations.ts';
import { hashSecret, newSecret } from '../accounts/secrets.ts';
import { DEVICE_PASSWORD_PREFIX } from './device-password.ts';

export interface DeviceServiceDeps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly revocations: Pick<Revocations, 'announce'>;
  readonly certificates: DeviceCertificates;
}

/** 192 bits, in 32 characters: small boards have small buffers. */
const PASSWORD_BYTES = 24;
/** 60 bits. */
const RANDOM_CHARS = 12;

type Secret = DeviceCredential['secret'];

/** What was made for a device; the secret is known here and to nobody else. */
export interface MadeCredential {
  readonly deviceId: DeviceId;
  readonly credentialId: CredentialId;
  readonly secret: Secret;
}

interface Drafted {
  readonly credential: Omit<CredentialRecord, 'deviceId'>;
  readonly secret: Secret;
}

/** A device to be registered. */
export interface DeviceDraft extends DeviceRequest {
  /** Refused where another device of the site has its name. */
  readonly hasOwnName?: boolean;
  /** Stored with it. */
  readonly alsoIn?: (work: Work, made: MadeCredential) => Promise<void>;
}

/** Registering devices, what they connect with, and unregistering them. */
export class DeviceService {
  readonly #deps: DeviceServiceDeps;

  constructor(deps: DeviceServiceDeps) {
    this.#deps = deps;
  }

  /** @throws AppError `device_limit`, `device_name_taken`, `client_id_taken`, `csr_invalid`. */
  async register(
    siteId: SiteId,
    request: DeviceDraft,
    { account, actor }: Requester,
  ): Promise<MadeCredential> {
    const { unitOfWork, clock, log } = this.#deps;
    const { name, clientId = clientIdFrom(name, randomName()), topicSpace, credential } = request;
    const nowMs = clock.nowMs();
    const drafted = await this.#draft(credential, clientId);
    const id = newId(DeviceId, nowMs);
    const device: DeviceRecord = {
      ...{ id, siteId, clientId, name, topicSpace },
      ...{ createdAtMs: nowMs, lastSeenAtMs: null },
    };
    await unitOfWork.run(async (work) => {
      await work.hold({ site: siteId });
      if (request.hasOwnName && (await deviceOfName(work.tx, siteId, name))) {
        throw new AppError('device_name_taken');
      }
      const stored = await insertDevice(work.tx, device);
      if (stored === 'site_full') throw new AppError('device_limit');
      if (stored === 'client_id_taken') throw new AppError('client_id_taken');
      const data = { deviceId: id, deviceName: name, clientId };
      work.emit({ site: siteId, type: 'device.added', actor, data });
      await this.#add(work, device, { drafted, actor });
      await request.alsoIn?.(work, made(device, drafted));
      work.wake(() => log.info({ deviceId: id, siteId }, 'device registered'));
    }, account);
    return made(device, drafted);
  }

  /** @throws AppError `device_unknown`. */
  async change(id: DeviceId, change: DeviceChange, { account, actor }: Requester): Promise<void> {
    const { unitOfWork, revocations } = this.#deps;
    await unitOfWork.run(async (work) => {
      const device = await heldDevice(work, id);
      const { name = device.name, topicSpace = device.topicSpace } = change;
      const changes = {
        ...(name === device.name ? {} : { name }),
        ...(topicSpace === device.topicSpace ? {} : { topicSpace }),
      };
      if (Object.keys(changes).length === 0) return;
      await changeDevice(work.tx, id, { name, topicSpace });
      const data = { deviceId: id, deviceName: name, changes };
      work.emit({ site: device.siteId, type: 'device.changed', actor, data });
      if (topicSpace === device.topicSpace) return;
      work.wake(() => revocations.announce({ kind: 'device_changed', deviceId: id }));
    }, account);
  }

  /** Another certificate or password. @throws AppError `credential_limit`, `csr_invalid`. */
  async rotate(
    device: Pick<DeviceRecord, 'id' | 'clientId'>,
    { credential, revokeOthers }: DeviceRotation,
    { account, actor }: Requester,
  ): Promise<MadeCredential> {
    const drafted = await this.#draft(credential, device.clientId);
    await this.#deps.unitOfWork.run(async (work) => {
      const held = await heldDevice(work, device.id);
      const others = await credentialsOf(work.tx, device.id);
      if (revokeOthers) {
        for (const other of others) await this.#revoke(work, held, { credential: other, actor });
      } else if (others.length >= LIMITS.credentialsPerDevice) {
        throw new AppError('credential_limit');
      }
      await this.#add(work, held, { drafted, actor });
    }, account);
    return made(device, drafted);
  }

  /** Connections that were made with it end. @throws AppError `credential_unknown`. */
  async revoke(
    id: DeviceId,
    credentialId: CredentialId,
    { account, actor }: Requester,
  ): Promise<void> {
    await this.#deps.unitOfWork.run(async (work) => {
      const device = await heldDevice(work, id);
      const credential = (await credentialsOf(work.tx, id)).find((one) => one.id === credentialId);
      if (!credential) throw new AppError('credential_unknown');
      await this.#revoke(work, device, { credential, actor });
    }, account);
  }

  /** Ends its connection, its sessions and its rights at once, at every hub. */
  async unregister(id: DeviceId, { account, actor }: Requester): Promise<void> {
    const { unitOfWork, revocations, log } = this.#deps;
    await unitOfWork.run(async (work) => {
      const { siteId, name, clientId } = await heldDevice(work, id);
      await deleteDevice(work.tx, id);
      const data = { deviceId: id, deviceName: name, clientId };
      work.emit({ site: siteId, type: 'device.removed', actor, data });
      work.wake(() => {
        revocations.announce({ kind: 'device', deviceId: id });
        log.info({ deviceId: id, siteId }, 'device unregistered');
      });
    }, account);
  }

  async #draft(request: CredentialRequest, clientId: string): Promise<Drafted> {
    const nowMs = this.#deps.clock.nowMs();
    const id = newId(CredentialId, nowMs);
    const shared = { id, kind: request.kind, createdAtMs: nowMs, lastUsedAtMs: null };
    if (request.kind === 'password') {
      const password = DEVICE_PASSWORD_PREFIX + newSecret(PASSWORD_BYTES);
      return {
        credential: { ...shared, verifier: hashSecret(password), expiresAtMs: null },
        secret: { kind: 'password', password },
      };
    }
    const { csr, validDays } = request;
    const issued = await this.#deps.certificates.issue({ commonName: clientId, csr, validDays });
    if (!issued.ok) throw new AppError('csr_invalid', { details: { reason: issued.reason } });
    const { certificate, privateKey = null, fingerprint, expiresAtMs } = issued;
    return {
      credential: { ...shared, verifier: fingerprint, expiresAtMs },
      secret: { kind: 'certificate', certificate, privateKey },
    };
  }

  async #add(
    work: Work,
    { id, siteId, name }: DeviceRecord,
    {
      drafted: { credential },
      actor,
    }: { readonly drafted: Drafted; readonly actor: Requester['actor'] },
  ): Promise<void> {
    await insertCredential(work.tx, { ...credential, deviceId: id });
    const { id: credentialId, kind, expiresAtMs } = credential;
    const expiresAt = expiresAtMs === null ? null : toInstant(expiresAtMs);
    const data = { deviceId: id, deviceName: name, credentialId, kind, expiresAt };
    work.emit({ site: siteId, type: 'device.credential_added', actor, data });
  }

  async #revoke(
    work: Work,
    { id, siteId, name }: DeviceRecord,
    {
      credential,
      actor,
    }: { readonly credential: CredentialRecord; readonly actor: Requester['actor'] },
  ): Promise<void> {
    const { id: credentialId, kind } = credential;
    await deleteCredential(work.tx, credentialId);
    const data = { deviceId: id, deviceName: name, credentialId, kind };
    work.emit({ site: siteId, type: 'device.credential_removed', actor, data });
    const { revocations } = this.#deps;
    work.wake(() => revocations.announce({ kind: 'credential', deviceId: id, credentialId }));
  }
}

/** A device, with its site held. @throws AppError `device_unknown`. */
async function heldDevice({ tx, hold }: Pick<Work, 'tx' | 'hold'>, id: DeviceId) {
  await hold({ site: (await requireDevice(tx, id)).siteId });
  return await requireDevice(tx, id);
}

async function requireDevice(tx: Tx, id: DeviceId): Promise<DeviceRecord> {
  const device = await findDevice(tx, id);
  if (!device) throw new AppError('device_unknown');
  return device;
}

function made({ id }: Pick<DeviceRecord, 'id'>, { credential, secret }: Drafted): MadeCredential {
  return { deviceId: id, credentialId: credential.id, secret };
}

/** Letters and digits that are not mistaken for each other. */
function randomName(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  return Array.from(randomBytes(RANDOM_CHARS), (byte) => letters[byte % letters.length]).join('');
}
