import type { Clock } from '#platform/clock.ts';
import type {
  MqttAuthenticator,
  MqttCredentials,
  MqttVerdict,
} from '../../kernel/mqtt-authenticator.ts';
import {
  type CredentialRecord,
  type DeviceRecord,
  findCredential,
  touchDevice,
} from '../../store/devices.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { DevicePrincipal } from '../accounts/principal.ts';
import { hashSecret } from '../accounts/secrets.ts';
import { DEVICE_PASSWORD_PREFIX } from './device-password.ts';

export interface DeviceAuthenticatorDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
}

interface Proof {
  readonly device: DeviceRecord;
  readonly credential: CredentialRecord;
}

/** Longer than any password of ours. */
const MAX_PASSWORD_BYTES = 200;
/** The last contact of a device is stored no more often than this. */
const TOUCH_AFTER_MS = 60_000;
/** What mqtt.js names itself where its program names nothing: no choice of a device. */
const MADE_UP_ID = /^mqttjs_[0-9a-f]{8}$/;
const UNSET_LOGIN = 'guest';
const WRONG = { ok: false, reason: 'credentials' } as const;

/**
 * Devices with a certificate, with a password, or with both, which must be of one device then.
 * A certificate counts by its fingerprint, which is looked up at each CONNECT: a TLS session that
 * is resumed proves no more than that the certificate was there once. Whatever else is shown
 * beside a certificate, the certificate has to count.
 */
export class DeviceAuthenticator implements MqttAuthenticator<DevicePrincipal> {
  readonly #deps: DeviceAuthenticatorDeps;

  constructor(deps: DeviceAuthenticatorDeps) {
    this.#deps = deps;
  }

  readonly authenticate = async (
    credentials: MqttCredentials,
  ): Promise<MqttVerdict<DevicePrincipal> | undefined> => {
    const { certificateFingerprint, clientId } = credentials;
    const { userName, password } = shownBesides(credentials);
    if (certificateFingerprint === undefined && !isDevicePassword(password)) return undefined;
    const proofs = await this.#proofs(certificateFingerprint, password);
    const [proof] = proofs ?? [];
    if (!proofs || !proof) return WRONG;
    const { device } = proof;
    if (proofs.some((other) => other.device.id !== device.id)) return WRONG;
    if (userName !== '' && userName !== device.clientId) return WRONG;
    const isOwn = clientId === '' || clientId === device.clientId || MADE_UP_ID.test(clientId);
    if (!isOwn) return { ok: false, reason: 'client_id' };
    await this.#touch(proofs);
    const ends = proofs.map(({ credential }) => credential.expiresAtMs ?? Infinity);
    return {
      ok: true,
      principal: {
        kind: 'device',
        siteId: device.siteId,
        deviceId: device.id,
        credentialIds: proofs.map(({ credential }) => credential.id),
      },
      endsAtMs: Math.min(...ends),
    };
  };

  /**
   * All credentials that were shown; undefined if one of them is unknown, expired, or of another
   * kind.
   */
  async #proofs(fingerprint: string | undefined, password: string): Promise<Proof[] | undefined> {
    const proofs: Proof[] = [];
    if (fingerprint !== undefined) {
      const proof = await this.#find('certificate', fingerprint);
      if (!proof) return undefined;
      proofs.push(proof);
    }
    if (password !== '') {
      const proof = await this.#find('password', hashSecret(password));
      if (!proof) return undefined;
      proofs.push(proof);
    }
    return proofs;
  }

  async #find(kind: CredentialRecord['kind'], verifier: string): Promise<Proof | undefined> {
    const { db, clock } = this.#deps;
    const proof = await findCredential(db, kind, verifier);
    if (!proof) return undefined;
    const { expiresAtMs } = proof.credential;
    return expiresAtMs !== null && expiresAtMs <= clock.nowMs() ? undefined : proof;
  }

  async #touch(proofs: readonly Proof[]): Promise<void> {
    const { unitOfWork, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const isRecent = (ms: number | null): boolean =>
      ms !== null && nowMs >= ms && nowMs - ms < TOUCH_AFTER_MS;
    const [{ device } = {}] = proofs;
    if (!device) return;
    if (
      isRecent(device.lastSeenAtMs) &&
      proofs.every((one) => isRecent(one.credential.lastUsedAtMs))
    )
      return;
    const credentialIds = proofs.map(({ credential }) => credential.id);
    await unitOfWork.run(
      ({ tx }) => touchDevice(tx, device.id, { credentialIds, nowMs }),
      device.siteId,
    );
  }
}

/**
 * What counts beside a certificate. Clients of libpyiotcloud that were given no user name send the
 * one that brokers of their time had: the certificate says who they are.
 */
function shownBesides(credentials: MqttCredentials) {
  const shown = { userName: credentials.userName ?? '', password: passwordOf(credentials) };
  const { certificateFingerprint } = credentials;
  const isUnset = shown.userName === UNSET_LOGIN && shown.password === UNSET_LOGIN;
  return certificateFingerprint !== undefined && isUnset ? { userName: '', password: '' } : shown;
}

/** Clients that were given none send an empty one. */
function passwordOf({ password }: MqttCredentials): string {
  // A longer one is wrong anyway, so the rest is not read.
  return password?.subarray(0, MAX_PASSWORD_BYTES).toString('utf8') ?? '';
}

function isDevicePassword(password: string): boolean {
  return password.startsWith(DEVICE_PASSWORD_PREFIX);
}
