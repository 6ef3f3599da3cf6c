import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '#platform/clock.ts';
import type { DeviceCertificates } from '../kernel/device-certificates.ts';

const DAY_MS = 86_400_000;

/** For hubs without TLS: certificates that are none, each with a fingerprint of its own. */
export function deviceCertificates(clock: Clock): DeviceCertificates {
  return {
    issue: ({ validDays }) => {
      const certificate = randomUUID();
      return Promise.resolve({
        ok: true,
        certificate,
        privateKey: undefined,
        fingerprint: createHash('sha256').update(certificate).digest('hex'),
        expiresAtMs: clock.nowMs() + validDays * DAY_MS,
      });
    },
  };
}
