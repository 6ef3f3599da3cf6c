import { useEffect } from 'react';
import { Link } from 'wouter';
import { isFinal } from '#protocol/command/command-state.ts';
import type { BaseView as Base } from '#protocol/http/bases.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { BaseId, type UnitId } from '#protocol/ids.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import { fromInstant } from '#protocol/json.ts';
import { BackLink } from '../components/back-link.tsx';
import { EditButton } from '../components/edit-button.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { PageNote } from '../components/page-note.tsx';
import { useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { useDisclosed } from '../components/use-disclosed.ts';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { useUnitPresence } from '../components/use-unit-presence.ts';
import { commandText } from '../format/command-text.ts';
import { absoluteText } from '../format/time-text.ts';
import { viewBasePresence } from '../state/presence-view.ts';
import { RecentActivity } from './activity/recent-activity.tsx';
import { BaseEdit } from './base/base-edit.tsx';
import { StatusLine } from './status-line.tsx';
import { Fact } from './unit-facts.tsx';
import { WhenLoaded } from './when-loaded.tsx';
import './unit-view.css';

/** A base: whether it is there, what stands behind it, what waits for it. */
export function BaseView({ baseId }: { readonly baseId: string }) {
  const { store } = useSite();
  const id = BaseId.safeParse(baseId).data;
  const bases = useReadable(store.bases.all);
  const base = bases.find((one) => one.id === id);
  useEffect(() => {
    document.title = `${base?.name ?? 'Base'} · Signalbox`;
  }, [base?.name]);
  if (base) return <Page key={base.id} base={base} />;
  return (
    <WhenLoaded noun="base">
      <PageNote title="No such base" text="It may have been removed, or belongs to another site." />
    </WhenLoaded>
  );
}

function Page({ base }: { readonly base: Base }) {
  const mayManage = useMay('base.manage');
  const edit = useDisclosed();
  const { tone, word } = viewBasePresence(base);
  const { lastSeenAt } = base.presence;
  return (
    <div className="view">
      <div className="row-wrap spread">
        <BackLink href="/">Board</BackLink>
        <StatusLine />
      </div>
      <header className="unit-head">
        <div className="stack-tight unit-head-text">
          <h1>{base.name}</h1>
          <div className="row-wrap">
            <Signal tone={tone} word={word} />
            <span className="soft small">
              {lastSeenAt === null ? (
                'never heard'
              ) : (
                <HubAge atMs={fromInstant(lastSeenAt)} prefix="heard" />
              )}
            </span>
          </div>
        </div>
        {mayManage ? <EditButton edit={edit} /> : null}
      </header>
      {tone === 'proven' ? null : <WhatToDo />}
      {edit.isOpen ? <BaseEdit base={base} onDone={edit.close} /> : null}
      <div className="unit-columns">
        <div className="stack">
          <Waiting base={base} />
          <Units base={base} />
        </div>
        <div className="stack">
          <RecentActivity
            filter={{ base: base.id }}
            href={`/activity?base=${base.id}`}
            all="All activity of this base"
            nothing="No events yet."
          />
          <section className="panel stack" aria-label="Facts">
            <h2>Facts</h2>
            <dl className="facts">
              <Fact name="Version">{base.version}</Fact>
              <Fact name="Paired">{absoluteText(fromInstant(base.createdAt))}</Fact>
              <Fact name={`${word} since`}>
                <HubAge atMs={fromInstant(base.presence.since)} />
              </Fact>
            </dl>
          </section>
        </div>
      </div>
    </div>
  );
}

function WhatToDo() {
  return (
    <p className="soft small">
      Is its computer on, and in its network? In a terminal there,{' '}
      <code>signalbox base status</code> says what it has tried last, and{' '}
      <code>signalbox base run</code> starts it.
    </p>
  );
}

/** What has not ended yet of all that goes through it: where it is away, what is kept for it. */
function Waiting({ base }: { readonly base: Base }) {
  const { store } = useSite();
  const commands = useReadable(store.commands.all).filter(
    ({ command }) => command.baseId === base.id && !isFinal(command.state),
  );
  if (base.presence.state === 'online' || commands.length === 0) return null;
  return (
    <section className="panel stack-tight" aria-label="Kept for it">
      <h2>Kept for it until it is back</h2>
      <ul className="plain-list">
        {commands.map(({ command }) => {
          const unit = store.units.get(command.unitId);
          return (
            <li key={command.id}>
              <Link href={`/commands/${command.id}`} className="list-row">
                <span className="list-row-main">
                  <bdi>{unit?.name ?? 'Removed unit'}</bdi>:{' '}
                  {commandText(command, unit?.description ?? null)}
                </span>
                <span className="list-row-end">
                  <HubAge atMs={fromInstant(command.createdAt)} />
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Units({ base }: { readonly base: Base }) {
  const { store } = useSite();
  const mayAdd = useMay('unit.place');
  const units = useReadable(store.roster)
    .filter(({ endpoint }) => baseIdOf(endpoint) === base.id)
    .sort((a, b) => a.name.localeCompare(b.name));
  return (
    <section className="panel stack-tight" aria-labelledby="base-units">
      <div className="row-wrap spread">
        <h2 id="base-units">{units.length === 1 ? '1 unit' : `${units.length} units`}</h2>
        {mayAdd ? (
          <Link href="/add/unit" className="touch small">
            Add a unit
          </Link>
        ) : null}
      </div>
      {units.length === 0 ? <p className="soft small">None stands behind this base yet.</p> : null}
      <ul className="plain-list">
        {units.map(({ id }) => (
          <UnitRow key={id} id={id} />
        ))}
      </ul>
    </section>
  );
}

function UnitRow({ id }: { readonly id: UnitId }) {
  const unit = useReadable(useSite().store.units.at(id));
  return unit ? <UnitLine unit={unit} /> : null;
}

function UnitLine({ unit }: { readonly unit: UnitView }) {
  const { tone, word } = useUnitPresence(unit);
  return (
    <li>
      <Link href={`/units/${unit.id}`} className="list-row">
        <span className="list-row-main">
          <bdi>{unit.name}</bdi>
          {unit.place === '' ? null : (
            <span className="soft">
              , <bdi>{unit.place}</bdi>
            </span>
          )}
        </span>
        <span className="list-row-end">
          <Signal tone={tone} word={word} />
        </span>
      </Link>
    </li>
  );
}
