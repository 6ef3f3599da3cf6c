import { randomBytes } from 'node:crypto';
import { DisplayText } from '#protocol/display-text.ts';
import { ClientId } from '#protocol/device/device.ts';
import { AppError } from '#protocol/errors.ts';
import type { SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { boardUnitsOf } from '../../store/board-units.ts';
import { type DeviceRecord, deviceOfName, devicesOfSite } from '../../store/devices.ts';
import { certificatesOfSite, keepCertificate } from '../../store/libpyiotcloud-accounts.ts';
import type { Db } from '../../store/schema.ts';
import { requesterOf } from '../accounts/principal.ts';
import type { DeviceService } from '../devices/device-service.ts';
import type { SiteAccess } from '../sites/site-access.ts';
import type { LibpyiotcloudCaller } from './accounts.ts';

export interface LibpyiotcloudDevicesDeps {
  readonly db: Db;
  readonly access: SiteAccess;
  readonly devices: DeviceService;
}

/** As its clients read it: a device has no key beyond the answer that registered it. */
export interface ListedDevice {
  readonly devicename: string;
  readonly deviceid: string;
  readonly cert: string;
  readonly pkey: string;
}

/** 40 hexadecimal digits, as its clients expect; these are random. */
const ID_BYTES = 20;
const DeviceName = DisplayText(LIMITS.nameChars).min(1);

/** Registering devices as libpyiotcloud's clients do it: by a name that is theirs alone. */
export class LibpyiotcloudDevices {
  readonly #deps: LibpyiotcloudDevicesDeps;

  constructor(deps: LibpyiotcloudDevicesDeps) {
    this.#deps = deps;
  }

  /** MQTT devices, and the boards of bases, which have no key of this kind. */
  async list({ caller, siteId }: LibpyiotcloudCaller): Promise<ListedDevice[]> {
    const { db, access } = this.#deps;
    await access.require(caller, siteId, 'site.read');
    const certificates = await certificatesOfSite(db, siteId);
    const devices = (await devicesOfSite(db, siteId)).map(({ id, name, clientId }) => ({
      ...{ devicename: name, deviceid: clientId },
      ...{ cert: certificates.get(id) ?? '', pkey: '' },
    }));
    const boards = (await boardUnitsOf(db, siteId)).map(({ id, name }) => ({
      ...{ devicename: name, deviceid: id, cert: '', pkey: '' },
    }));
    return [...devices, ...boards];
  }

  /** The key is in this answer and nowhere else. @throws AppError `device_name_taken`. */
  async register(by: LibpyiotcloudCaller, devicename: string): Promise<ListedDevice> {
    const { access, devices } = this.#deps;
    await access.require(by.caller, by.siteId, 'device.manage');
    const name = DeviceName.safeParse(devicename);
    if (!name.success) throw new AppError('bad_request', { details: { path: 'devicename' } });
    const clientId = ClientId.parse(randomBytes(ID_BYTES).toString('hex'));
    const { secret } = await devices.register(
      by.siteId,
      {
        ...{ name: name.data, clientId, topicSpace: null, hasOwnName: true },
        credential: { kind: 'certificate', validDays: LIMITS.certificateDays },
        alsoIn: async ({ tx }, made) => {
          if (made.secret.kind !== 'certificate') return;
          await keepCertificate(tx, made.credentialId, made.secret.certificate);
        },
      },
      requesterOf(by.caller),
    );
    if (secret.kind !== 'certificate') throw new AppError('internal');
    const { certificate, privateKey } = secret;
    const keys = { cert: certificate, pkey: privateKey ?? '' };
    return { devicename: name.data, deviceid: clientId, ...keys };
  }

  /** Ends its connection and its rights at once. @throws AppError `device_unknown`. */
  async unregister(by: LibpyiotcloudCaller, devicename: string): Promise<void> {
    const { access, devices } = this.#deps;
    await access.require(by.caller, by.siteId, 'device.manage');
    const device = await this.find(by.siteId, devicename);
    if (!device) throw new AppError('device_unknown');
    await devices.unregister(device.id, requesterOf(by.caller));
  }

  async find(siteId: SiteId, devicename: string): Promise<DeviceRecord | undefined> {
    const name = DeviceName.safeParse(devicename).data;
    return name === undefined ? undefined : await deviceOfName(this.#deps.db, siteId, name);
  }
}
