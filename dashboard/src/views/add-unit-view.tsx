import { type SubmitEvent, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import type { ProbeOutcome } from '#protocol/hub-link/discovery.ts';
import { type BaseId, type UnitId } from '#protocol/ids.ts';
import { DEFAULT_UNIT_PORT } from '#protocol/unit-address.ts';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/empty-note.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { useAction } from '../components/use-action.ts';
import { useReadable } from '../components/use-readable.ts';
import { viewBasePresence } from '../state/presence-view.ts';
import { FindUnit } from './add-unit/find-unit.tsx';
import { FoundUnit } from './found-unit.tsx';
import { NameFields, type NewUnitDraft, readNewUnit } from './unit-fields.tsx';
import './add-unit-view.css';

type Step = 'base' | 'find' | 'name';

/** Adding a unit, one question per screen, and then what the base found there. */
export function AddUnitView() {
  const { store, collection } = useSite();
  const bases = useReadable(store.bases.all);
  const status = useReadable(collection.status);
  const [, navigate] = useLocation();
  const [chosenBase, setChosenBase] = useState<BaseId>();
  const [step, setStep] = useState<Step>('base');
  const [draft, setDraft] = useState<NewUnitDraft>({
    name: '',
    place: '',
    host: '',
    port: String(DEFAULT_UNIT_PORT),
    link: 'frames',
  });
  const [outcome, setOutcome] = useState<ProbeOutcome>();
  const [added, setAdded] = useState<UnitId>();
  useEffect(() => {
    document.title = 'Add a unit · Signalbox';
  }, []);
  if (status.phase === 'failed') return <ErrorNote code={status.code} />;
  if (status.phase === 'loading') return <div className="view" aria-busy="true" />;
  if (added) return <FoundUnit unitId={added} outcome={outcome} onAnother={() => restart()} />;
  const [onlyBase, ...others] = bases;
  if (!onlyBase) {
    return (
      <EmptyNote
        isPage
        title="Add a base first"
        text="Units are reached through a base on the same network."
      >
        <Button size="md" onClick={() => navigate('/add/base')}>
          Add a base
        </Button>
      </EmptyNote>
    );
  }
  const restart = () => {
    setAdded(undefined);
    setStep('base');
    setDraft({ ...draft, name: '', host: '' });
  };
  const baseId = chosenBase ?? (others.length === 0 ? onlyBase.id : undefined);
  const shown = step === 'base' && baseId ? 'find' : step;
  return (
    <div className="view view-narrow">
      <BackLink href="/add">Add</BackLink>
      {shown === 'base' || !baseId ? (
        <ChooseBase onChoose={(id) => setChosenBase(id)} />
      ) : shown === 'find' ? (
        <FindUnit
          baseId={baseId}
          draft={draft}
          onChange={setDraft}
          onNext={(chosen, heard) => {
            setDraft(chosen);
            setOutcome(heard);
            setStep('name');
          }}
        />
      ) : (
        <NameForm
          baseId={baseId}
          draft={draft}
          onChange={setDraft}
          onBack={() => setStep('find')}
          onAdded={setAdded}
        />
      )}
    </div>
  );
}

function ChooseBase({ onChoose }: { readonly onChoose: (id: BaseId) => void }) {
  const bases = useReadable(useSite().store.bases.all);
  return (
    <div className="stack">
      <h1>Choose a base</h1>
      {bases.map((base) => {
        const { tone, word } = viewBasePresence(base);
        return (
          <button
            key={base.id}
            type="button"
            className="base-choice"
            onClick={() => onChoose(base.id)}
          >
            <strong>{base.name}</strong>
            <Signal tone={tone} word={word} />
          </button>
        );
      })}
    </div>
  );
}

interface StepProps {
  readonly draft: NewUnitDraft;
  readonly onChange: (draft: NewUnitDraft) => void;
}

interface NameFormProps extends StepProps {
  readonly baseId: BaseId;
  readonly onBack: () => void;
  readonly onAdded: (id: UnitId) => void;
}

function NameForm({ baseId, draft, onChange, onBack, onAdded }: NameFormProps) {
  const { siteApi } = useServices();
  const { siteId, store } = useSite();
  const { busy, code, run } = useAction();
  const request = readNewUnit(baseId, draft);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!request) return;
    run(async () => {
      const unit = await siteApi.addUnit(siteId, request);
      if (!store.units.get(unit.id)) store.putUnit(unit);
      onAdded(unit.id);
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <h1>Name the unit</h1>
      <NameFields draft={draft} onChange={(typed) => onChange({ ...draft, ...typed })} />
      {code === undefined ? null : <ErrorNote code={code} />}
      <div className="row-wrap">
        <Button type="submit" size="md" loading={busy} disabled={!request}>
          Add the unit
        </Button>
        <Button variant="default" size="md" onClick={onBack}>
          Back
        </Button>
      </div>
    </form>
  );
}
