import { useEffect, useState } from 'react';
import type { ClaimCodeStatus } from '#protocol/http/bases.ts';
import type { ClaimId } from '#protocol/ids.ts';
import { useServices, useSite } from '../components/services.ts';
import { useReadable } from '../components/use-readable.ts';

const POLL_EVERY_MS = 3_000;

/**
 * The state of a claim code. Polled now and then, and at once when a base appears at
 * the site. A failed request is retried at the next turn.
 */
export function useClaim(id: ClaimId): ClaimCodeStatus | undefined {
  const { siteApi } = useServices();
  const { store } = useSite();
  const bases = useReadable(store.bases.keys);
  const [status, setStatus] = useState<ClaimCodeStatus>();
  const over = status !== undefined && status.state !== 'waiting';
  useEffect(() => {
    if (over) return;
    let current = true;
    const poll = () => {
      siteApi.claimCode(id).then(
        (answer) => {
          if (current) setStatus(answer);
        },
        () => undefined,
      );
    };
    poll();
    const timer = setInterval(poll, POLL_EVERY_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [id, siteApi, bases, over]);
  return status;
}
