import { Button } from './button.tsx';
import { ErrorNote } from './error-note.tsx';
import { useSite } from './services.ts';
import { useLater } from './use-later.ts';
import { useReadable } from './use-readable.ts';

/** Most pages are there sooner. */
const SAID_AFTER_MS = 1_500;

/** In place of a page whose code is on its way; why, where that takes long. */
export function PartFallback() {
  const { channel } = useSite();
  const isLive = useReadable(channel.status).kind === 'live';
  const isLate = useLater(SAID_AFTER_MS);
  if (!isLate) return <div className="view" aria-busy="true" />;
  return (
    <div className="view" aria-busy="true">
      <h1>Loading…</h1>
      {isLive ? (
        <p className="soft">
          If this takes long, reload: the hub may have a newer version of the dashboard.
        </p>
      ) : (
        <ErrorNote
          code="hub_unreachable"
          lead="This page appears when the hub is back. Retrying automatically."
        />
      )}
      <div>
        <Button variant="default" onClick={() => window.location.reload()}>
          Reload
        </Button>
      </div>
    </div>
  );
}
