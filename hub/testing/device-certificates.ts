import type { DeviceCertificates } from '../kernel/device-certificates.ts';

/** For hubs without certificates: nobody gets one. */
export const NO_DEVICE_CERTIFICATES: DeviceCertificates = {
  issue: () => Promise.resolve({ ok: false, reason: 'key' }),
};
