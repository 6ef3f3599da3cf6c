import { AppError } from '#protocol/errors.ts';
import { type CredentialView, DeviceView } from '#protocol/http/devices.ts';
import type { DeviceId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import {
  type CredentialRecord,
  type DeviceRecord,
  credentialsOf,
  credentialsOfSite,
  devicesOfSite,
  findDevice,
} from '../../store/devices.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db } from '../../store/schema.ts';

/** Those of these devices that are connected, at any hub; undefined: nobody can say. */
export type ConnectedDevices = (
  ids: readonly DeviceId[],
) => Promise<ReadonlySet<DeviceId> | undefined>;

export interface DeviceViewsDeps {
  readonly db: Db;
  readonly readable: ReadableRows;
}

/** Devices as people see them. */
export class DeviceViews {
  readonly #deps: DeviceViewsDeps;

  constructor(deps: DeviceViewsDeps) {
    this.#deps = deps;
  }

  /** @throws AppError `device_unknown`. */
  async one(id: DeviceId, connected: ConnectedDevices): Promise<DeviceView> {
    const { db } = this.#deps;
    const device = await findDevice(db, id);
    if (!device) throw new AppError('device_unknown');
    return viewOf(device, {
      credentials: await credentialsOf(db, id),
      connected: await connected([id]),
    });
  }

  async ofSite(siteId: SiteId, connected: ConnectedDevices): Promise<DeviceView[]> {
    const { db, readable } = this.#deps;
    const devices = await devicesOfSite(db, siteId);
    const credentials = byDevice(await credentialsOfSite(db, siteId));
    const online = await connected(devices.map(({ id }) => id));
    return readable.each(devices, {
      what: 'device',
      idOf: ({ id }) => id,
      schema: DeviceView,
      make: (device) =>
        viewOf(device, { credentials: credentials.get(device.id) ?? [], connected: online }),
    });
  }
}

function byDevice(all: readonly CredentialRecord[]): Map<DeviceId, CredentialRecord[]> {
  const grouped = new Map<DeviceId, CredentialRecord[]>();
  for (const credential of all) {
    const those = grouped.get(credential.deviceId);
    if (those) those.push(credential);
    else grouped.set(credential.deviceId, [credential]);
  }
  return grouped;
}

function viewOf(
  device: DeviceRecord,
  now: {
    readonly credentials: readonly CredentialRecord[];
    readonly connected: ReadonlySet<DeviceId> | undefined;
  },
): DeviceView {
  const { id, siteId, name, clientId, topicSpace, createdAtMs, lastSeenAtMs } = device;
  const { connected } = now;
  return {
    ...{ id, siteId, name, clientId, topicSpace },
    createdAt: toInstant(createdAtMs),
    presence: {
      state: connected === undefined ? 'unknown' : connected.has(id) ? 'online' : 'offline',
      lastSeenAt: instantOrNull(lastSeenAtMs),
    },
    credentials: now.credentials.map(credentialView),
  };
}

function credentialView(credential: CredentialRecord): CredentialView {
  const { id, kind, verifier, createdAtMs, expiresAtMs, lastUsedAtMs } = credential;
  return {
    ...{ id, kind },
    // The hash of a password is of no use to people.
    fingerprint: kind === 'certificate' ? verifier : null,
    createdAt: toInstant(createdAtMs),
    expiresAt: instantOrNull(expiresAtMs),
    lastUsedAt: instantOrNull(lastUsedAtMs),
  };
}

function instantOrNull(ms: number | null) {
  return ms === null ? null : toInstant(ms);
}
