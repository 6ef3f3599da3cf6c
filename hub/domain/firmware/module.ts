import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import { FirmwareFiles } from './firmware-files.ts';
import { FirmwareImages } from './firmware-images.ts';
import { FirmwareService } from './firmware-service.ts';

export interface FirmwareNeeds extends Foundation {
  /** Where uploads wait until they are complete. */
  readonly firmwareFolder: string;
}

export interface FirmwareOffers {
  readonly firmware: FirmwareService;
}

export function firmwareModule(needs: FirmwareNeeds): Module<FirmwareOffers> {
  const files = new FirmwareFiles({ folder: needs.firmwareFolder });
  const log = needs.log.child({ component: 'firmware' });
  const firmware = new FirmwareService({ ...needs, log, files, images: new FirmwareImages(needs) });
  return {
    offers: { firmware },
    open: () => firmware.open(),
    gauges: () => ({ uploads: firmware.uploads }),
  };
}
