import { useCallback, useEffect, useState } from 'react';
import { errorEntry } from '#protocol/errors.ts';
import { SITE_EVENT_TYPES } from '#protocol/events/site-event.ts';
import type { UnitView as Unit } from '#protocol/http/units.ts';
import { UnitId } from '#protocol/ids.ts';
import { BackLink } from '../components/back-link.tsx';
import { BareTile } from '../components/bare-tile.tsx';
import { CommandSignal } from '../components/command-signal.tsx';
import { EditButton } from '../components/edit-button.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { LampFigure } from '../components/lamp-figure.tsx';
import { LookOnly } from '../components/look-only.tsx';
import { PageError } from '../components/page-error.tsx';
import { PageNote } from '../components/page-note.tsx';
import { PropertyRow } from '../components/property-row.tsx';
import { useServices, useSignedIn, useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { useAction } from '../components/use-action.ts';
import { useDisclosed } from '../components/use-disclosed.ts';
import { useMay } from '../components/use-may.ts';
import { useBaseOf } from '../components/use-base-of.ts';
import { useReadable } from '../components/use-readable.ts';
import { useUnitPresence } from '../components/use-unit-presence.ts';
import { isDiagnostic, planTile } from '../state/affordance-control.ts';
import { isBoardService } from '../state/board-services.ts';
import { latestContactMs } from '../state/presence-view.ts';
import { RecentActivity } from './activity/recent-activity.tsx';
import { ActionForm } from './action-form.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { StatusLine } from './status-line.tsx';
import { UnitBoard } from './unit-board.tsx';
import { UnitCommands } from './unit-commands.tsx';
import { UnitEdit } from './unit-edit.tsx';
import { UnitFirmware } from './unit-firmware.tsx';
import { UnitFacts } from './unit-facts.tsx';
import { WhenLoaded } from './when-loaded.tsx';
import { own } from '../state/own.ts';
import './unit-view.css';

/** Commands have a list of their own beside it. */
const EVENT_TYPES = SITE_EVENT_TYPES.filter((type) => !type.startsWith('command.'));

/** Everything of one unit. */
export function UnitView({ unitId }: { readonly unitId: string }) {
  const parsed = UnitId.safeParse(unitId);
  return parsed.success ? <OfUnit key={parsed.data} id={parsed.data} /> : <NoUnit />;
}

function NoUnit() {
  return (
    <PageNote title="No such unit" text="It may have been removed, or belongs to someone else." />
  );
}

function OfUnit({ id }: { readonly id: UnitId }) {
  const unit = useReadable(useSite().store.units.at(id));
  useEffect(() => {
    document.title = `${unit?.name ?? 'Unit'} · Signalbox`;
  }, [unit?.name]);
  if (unit) return <Page unit={unit} />;
  return (
    <WhenLoaded noun="unit">
      <Elsewhere id={id} />
    </WhenLoaded>
  );
}

/** A link may lead to a unit of another site than the one on screen. */
function Elsewhere({ id }: { readonly id: UnitId }) {
  const { siteApi } = useServices();
  const { site, showSite } = useSignedIn();
  const { busy, code, run } = useAction();
  const [isRequested, setRequested] = useState(false);
  const find = useCallback(() => {
    setRequested(true);
    run(async () => {
      const unit = await siteApi.unit(id);
      if (unit.siteId === site.siteId) site.collection.load();
      else showSite(unit.siteId);
    });
  }, [id, run, showSite, site, siteApi]);
  useEffect(find, [find]);
  if (busy || !isRequested) return <div className="view" aria-busy="true" />;
  if (code === undefined || code === 'unit_unknown' || code === 'site_unknown') return <NoUnit />;
  return <PageError title="Unit" code={code} lead="The unit could not be loaded." onRetry={find} />;
}

function Page({ unit }: { readonly unit: Unit }) {
  const base = useBaseOf(unit);
  const mayManage = useMay('unit.manage');
  const edit = useDisclosed();
  const presence = useUnitPresence(unit);
  const heardMs = latestContactMs(unit);
  const { description } = unit;
  const properties = Object.entries(description?.properties ?? {}).filter(
    ([, property]) => !isDiagnostic(property),
  );
  const actions = Object.entries(description?.actions ?? {}).filter(
    ([, action]) => !isBoardService(action),
  );
  return (
    <div className="view">
      <div className="row-wrap spread">
        <BackLink href="/">Board</BackLink>
        <StatusLine />
      </div>
      <header className="unit-head">
        <Figure unit={unit} stale={presence.tone !== 'proven'} />
        <div className="stack-tight unit-head-text">
          <h1>{unit.name}</h1>
          <div className="row-wrap">
            <Signal tone={presence.tone} word={presence.word} />
            {unit.place === '' ? null : <span className="soft small">{unit.place}</span>}
            <span className="soft small">
              {heardMs === undefined ? 'never heard' : <HubAge atMs={heardMs} prefix="heard" />}
            </span>
            <CommandSignal unitId={unit.id} />
          </div>
        </div>
        {mayManage ? <EditButton edit={edit} /> : null}
      </header>
      {presence.tone === 'proven' && presence.reason === undefined ? null : (
        <Why unit={unit} reason={presence.reason} />
      )}
      <LookOnly />
      {edit.isOpen ? <UnitEdit unit={unit} onDone={edit.close} /> : null}
      <div className="unit-columns">
        <div className="stack">
          {description ? null : (
            <section className="panel" aria-label="Not known yet">
              <BareTile unit={unit} />
            </section>
          )}
          {properties.length === 0 ? null : (
            <section className="panel panel-rows" aria-label="Properties">
              {properties.map(([name]) => (
                <PropertyRow key={name} unit={unit} name={name} />
              ))}
            </section>
          )}
          {actions.length === 0 ? null : (
            <section className="panel" aria-label="Actions">
              <h2>Actions</h2>
              {actions.map(([name, action]) => (
                <ActionForm key={name} unit={unit} name={name} action={action} />
              ))}
            </section>
          )}
          <HistoryPanel unit={unit} />
          <UnitBoard unit={unit} isReachable={presence.tone === 'proven'} />
        </div>
        <div className="stack">
          <UnitCommands unit={unit} />
          <RecentActivity
            filter={{ unit: unit.id, type: EVENT_TYPES }}
            href={`/activity?unit=${unit.id}`}
            all="All activity of this unit"
            nothing={nothingText(unit)}
          />
          <UnitFacts unit={unit} base={base} />
          <UnitFirmware unit={unit} />
        </div>
      </div>
    </div>
  );
}

function nothingText({ description }: Unit): string {
  const own = Object.entries(description?.events ?? {}).map(([name, { title }]) => title ?? name);
  const events = own.length === 0 ? '' : ` This unit can report: ${own.join(', ')}.`;
  return `No events yet.${events}`;
}

function Figure({ unit, stale }: { readonly unit: Unit; readonly stale: boolean }) {
  const plan = planTile(unit.description);
  if (plan.kind !== 'lamp') return null;
  const reported = (name: string | undefined) =>
    name === undefined ? undefined : own(unit.reported, name)?.value;
  const [color, brightness] = [reported(plan.color), reported(plan.brightness)];
  // A lamp that has never reported is not shown as lit.
  const isReported = color !== undefined || brightness !== undefined;
  return (
    <LampFigure
      power={plan.power === undefined ? isReported : reported(plan.power)}
      color={color}
      brightness={brightness}
      waiting={false}
      stale={stale}
    />
  );
}

function Why({ unit, reason }: { readonly unit: Unit; readonly reason: string | undefined }) {
  const { code } = unit.presence;
  return (
    <p className="unit-why">
      {reason ?? (code === undefined ? '' : errorEntry(code).message)}{' '}
      {code === undefined ? null : <span className="code">{code}</span>}
    </p>
  );
}
