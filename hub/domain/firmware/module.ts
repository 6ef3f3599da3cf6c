import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import { FirmwareFiles } from './firmware-files.ts';
import { FirmwareService } from './firmware-service.ts';

export interface FirmwareNeeds extends Foundation {
  /** Where the files are. */
  readonly firmwareFolder: string;
}

export interface FirmwareOffers {
  readonly firmware: FirmwareService;
}

export function firmwareModule(needs: FirmwareNeeds): Module<FirmwareOffers> {
  const files = new FirmwareFiles({ folder: needs.firmwareFolder });
  const log = needs.log.child({ component: 'firmware' });
  const firmware = new FirmwareService({ ...needs, log, files });
  return {
    offers: { firmware },
    open: () => firmware.open(),
    gauges: () => ({ uploads: firmware.uploads }),
  };
}
