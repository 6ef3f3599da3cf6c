import { Link } from 'wouter';
import { Age } from '../components/age.tsx';
import { Button } from '../components/button.tsx';
import { SignalShape } from '../components/signal.tsx';
import { useSite } from '../components/services.ts';
import { useReadable } from '../components/use-readable.ts';
import { viewLine } from '../state/link-view.ts';
import { carrierIn } from '../state/carrier.ts';
import { viewUnitPresence } from '../state/presence-view.ts';
import './status-line.css';

/** The line from here to the units, drawn as one: which part of it is proven, and why not. */
export function StatusLine() {
  const { channel, collection, store } = useSite();
  const link = useReadable(channel.status);
  const status = useReadable(collection.status);
  const bases = useReadable(store.bases.all);
  const units = useReadable(store.roster);
  const ready = units.filter(
    (unit) => viewUnitPresence(unit, carrierIn(store.bases, unit.endpoint)).tone === 'proven',
  ).length;
  const known = units.filter(
    ({ endpoint }) => carrierIn(store.bases, endpoint)?.presence.state === 'online',
  ).length;
  const line = viewLine({
    ...{ link, bases, collection: status },
    units: { known, ready, total: units.length },
  });
  return (
    <section className="line" aria-label="Connection status" aria-live="polite">
      <ol className="line-stages">
        <li className="line-stage line-here">Here</li>
        {line.stages.map((stage) => (
          <li key={stage.name} className="line-stage" data-tone={stage.tone}>
            <span className="line-track" aria-hidden="true" />
            <SignalShape tone={stage.tone} />
            <span className="line-name">
              {stage.href === undefined ? (
                stage.name
              ) : (
                <Link href={stage.href} className="plain">
                  {stage.name}
                </Link>
              )}
            </span>{' '}
            <span className="line-word">{stage.word}</span>
          </li>
        ))}
      </ol>
      {line.reason === undefined ? null : (
        <p className="line-reason">
          {line.reason}{' '}
          {line.seenMs === undefined ? null : (
            // The age moves each second: nothing to be read out each time.
            <span aria-live="off">
              Shown as of <Age atMs={line.seenMs} />.{' '}
            </span>
          )}
          {line.code === undefined ? null : <span className="code">{line.code}</span>}
        </p>
      )}
      {link.kind === 'waiting' ? (
        <Button variant="default" size="sm" onClick={() => channel.reconnectNow()}>
          Try now
        </Button>
      ) : null}
    </section>
  );
}
