import { createHash } from 'node:crypto';
import { describeDevice } from '#protocol/device/describe-device.ts';
import { libpyiotcloudDescription } from '#protocol/device/libpyiotcloud-description.ts';
import type { SelfDescription } from '#protocol/device/self-description.ts';
import { AppError } from '#protocol/errors.ts';
import type { AcceptOffer, DeviceOffer, DeviceOffers } from '#protocol/http/device-offers.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { DeviceId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Requester } from '../accounts/principal.ts';
import { ownNameOf } from '../devices/device-rights.ts';
import { announcementsOf } from '../../store/device-announcements.ts';
import { findDevice } from '../../store/devices.ts';
import { type AcceptedOffer, acceptedOfferOf, unitOfDevice } from '../../store/mapped-units.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitMapper } from '../../store/unit-mapper.ts';
import { findUnit } from '../../store/units.ts';
import type { UnitService } from './unit-service.ts';

const DIGEST_CHARS = 16;

export interface DeviceOfferServiceDeps {
  readonly db: Db;
  readonly mapper: UnitMapper;
  readonly units: Pick<UnitService, 'addDevice' | 'remap' | 'view'>;
}

/**
 * What devices say of themselves, as units that they could be. Whoever may write to a topic can
 * describe anything there, so nothing becomes a unit, and no unit another, before a person says
 * yes to what was shown. The topics are those of the device by its own rights in any case.
 */
export class DeviceOfferService {
  readonly #deps: DeviceOfferServiceDeps;

  constructor(deps: DeviceOfferServiceDeps) {
    this.#deps = deps;
  }

  /** @throws AppError `device_unknown`. */
  async list(id: DeviceId): Promise<DeviceOffers> {
    const { db } = this.#deps;
    const device = await findDevice(db, id);
    if (!device) throw new AppError('device_unknown');
    const kept = await announcementsOf(db, id);
    const announcements = kept.map(({ topic, payload }) => ({
      ...{ topic: ownNameOf(device, topic), payload },
    }));
    const accepted = await acceptedOfferOf(db, id);
    const preset = libpyiotcloudDescription(device);
    const described = describeDevice(announcements, device);
    const room = LIMITS.offersPerDevice - preset.length;
    const bytes = kept.reduce((sum, { payload }) => sum + payload.length, 0);
    return {
      unitId: (await unitOfDevice(db, id)) ?? null,
      offers: [...described.slice(0, room), ...preset].map((one) => offerOf(one, accepted)),
      isFull:
        described.length > room ||
        kept.length >= LIMITS.announcementsPerDevice ||
        bytes > LIMITS.announcedBytesPerDevice - LIMITS.announcementBytes,
    };
  }

  /**
   * The device becomes the unit that it was shown as, or its unit is read as described now.
   *
   * @throws AppError `offer_changed` where it is described differently by now
   */
  async accept(
    id: DeviceId,
    { offerId, digest, name, place }: AcceptOffer,
    by: Requester,
  ): Promise<UnitView> {
    const { db, mapper, units } = this.#deps;
    const { offers, unitId } = await this.list(id);
    const offer = offers.find((one) => one.id === offerId && one.digest === digest);
    const device = await findDevice(db, id);
    if (!offer || !device) throw new AppError('offer_changed');
    const { mapping } = offer;
    const accepted = { id: offerId, digest };
    const unit = unitId === null ? undefined : await findUnit(db, mapper, unitId);
    if (!unit) {
      const endpoint = { kind: 'mqtt_device', deviceId: id, mapping, offer: accepted } as const;
      return await units.addDevice(
        device.siteId,
        { name: name ?? device.name, place, endpoint },
        by,
      );
    }
    await units.remap(unit, { mapping, offer: accepted }, by);
    return await units.view(unit.id);
  }
}

function offerOf(described: SelfDescription, accepted: AcceptedOffer | null): DeviceOffer {
  const hash = createHash('sha256').update(JSON.stringify(described.mapping)).digest('hex');
  const digest = hash.slice(0, DIGEST_CHARS);
  const isKnown = accepted?.id === described.id;
  const state = isKnown ? (accepted.digest === digest ? 'accepted' : 'changed') : 'new';
  return { ...described, digest, state };
}
