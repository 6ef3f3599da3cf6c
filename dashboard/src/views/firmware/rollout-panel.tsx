import { Link } from 'wouter';
import { fromInstant } from '#protocol/json.ts';
import { type RolloutView, type UnitUpdate, isRolloutOpen } from '#protocol/rollout/rollout.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { useAction } from '../../components/use-action.ts';
import { useReadable } from '../../components/use-readable.ts';
import type { RosterEntry } from '../../state/roster.ts';
import { countsText, holdText, stepText, viewRollout } from '../../state/rollout-summary.ts';
import { viewUpdate } from '../../state/update-view.ts';
import { RemoveButton } from '../../components/remove-button.tsx';
import { Meter } from './meter.tsx';

interface RolloutPanelProps {
  readonly rollout: RolloutView;
  readonly mayChange: boolean;
}

/** Units shown without a click. */
const MIN_UNITS = 12;

/** One rollout: its progress, each of its units, and its actions. */
export function RolloutPanel({ rollout, mayChange }: RolloutPanelProps) {
  const { store } = useSite();
  const units = useReadable(store.roster);
  const { tone, word, reason } = viewRollout(rollout);
  const { model, version } = rollout.firmware;
  const isOpen = isRolloutOpen(rollout.state);
  const mine = units.flatMap((unit) =>
    unit.update?.rolloutId === rollout.id ? [{ unit, update: unit.update }] : [],
  );
  const name = `${model} ${version}`;
  return (
    <section className="panel stack" aria-label={`Rollout of ${name}`}>
      <div className="row-wrap spread">
        <h3>
          {model} <span className="number">{version}</span>
        </h3>
        <Signal tone={tone} word={word} reason={reason} />
      </div>
      <Bar rollout={rollout} />
      <div className="stack-tight">
        <p className="small" role="status">
          {isOpen ? <strong>{stepText(rollout)}: </strong> : null}
          {countsText(rollout)}
        </p>
        {rollout.hold === null ? null : <Hold rollout={rollout} />}
        {reason === undefined ? null : <p className="soft small">{reason}</p>}
        <p className="soft small">
          <HubAge atMs={fromInstant(rollout.createdAt)} prefix="started" />
        </p>
      </div>
      {mine.length === 0 ? null : (
        <details open={isOpen && mine.length <= MIN_UNITS}>
          <summary className="soft small">
            {mine.length === 1 ? '1 unit' : `${mine.length} units`}
          </summary>
          <ul className="plain-list" aria-label={`Units of the rollout of ${name}`}>
            {mine.map(({ unit, update }) => (
              <UnitRow key={unit.id} unit={unit} update={update} />
            ))}
          </ul>
        </details>
      )}
      {mayChange && isOpen ? <Controls rollout={rollout} /> : null}
    </section>
  );
}

/** A countdown; not announced to screen readers. */
function Hold({ rollout }: { readonly rollout: RolloutView }) {
  const { ticker } = useServices();
  const { store } = useSite();
  useReadable(ticker);
  const text = holdText(rollout, store.hubNow());
  return text === undefined ? null : <p className="soft small">{text}</p>;
}

const PARTS = ['confirmed', 'failed', 'underWay', 'waiting', 'cancelled'] as const;

/** Decorative: the sentence below it says the same. */
function Bar({ rollout: { counts } }: { readonly rollout: RolloutView }) {
  return (
    <div className="rollout-bar" aria-hidden="true">
      {PARTS.map((part) =>
        counts[part] === 0 ? null : (
          <span key={part} data-part={part} style={{ flexGrow: counts[part] }} />
        ),
      )}
    </div>
  );
}

function UnitRow({ unit, update }: { readonly unit: RosterEntry; readonly update: UnitUpdate }) {
  const { store } = useSite();
  const transfer = useReadable(store.transfers.at(unit.id));
  const { tone, word, reason } = viewUpdate(update);
  const isSending = update.state === 'downloading' && transfer?.updateId === update.id;
  return (
    <li>
      <Link href={`/units/${unit.id}`} className="list-row rollout-unit">
        <span className="list-row-main">
          {unit.name}
          {update.isCanary ? <span className="soft small"> · first</span> : null}
        </span>
        <span className="list-row-end">
          {isSending ? (
            <Meter
              share={transfer.doneBytes / transfer.totalBytes}
              label={`Sending to ${unit.name}`}
            />
          ) : null}
          <Signal tone={tone} word={word} reason={reason} />
        </span>
      </Link>
      {update.code === undefined ? null : (
        <p className="rollout-why soft small">
          {reason} <span className="code">{update.code}</span>
        </p>
      )}
    </li>
  );
}

function Controls({ rollout }: { readonly rollout: RolloutView }) {
  const { firmwareApi } = useServices();
  const { store } = useSite();
  const { busy, code, run } = useAction();
  const change = (to: 'pause' | 'resume' | 'abort') =>
    run(async () => store.putRollout(await firmwareApi.change(rollout.id, to)));
  return (
    <div className="stack">
      <div className="row-wrap">
        {rollout.state === 'running' ? (
          <Button variant="default" loading={busy} onClick={() => change('pause')}>
            Pause
          </Button>
        ) : (
          <Button variant="default" loading={busy} onClick={() => change('resume')}>
            Resume
          </Button>
        )}
        <RemoveButton label="End…" question="End this rollout" onConfirm={() => change('abort')} />
      </div>
      {code === undefined ? null : <ErrorNote code={code} />}
    </div>
  );
}
