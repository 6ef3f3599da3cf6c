import { type SubmitEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { UnitChange, type UnitView } from '#protocol/http/units.ts';
import { EditActions } from '../components/edit-actions.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { useAction } from '../components/use-action.ts';
import { AddressFields, NameFields, readAddress, type UnitDraft } from './unit-fields.tsx';

interface UnitEditProps {
  readonly unit: UnitView;
  readonly onDone: () => void;
}

/** Name, place and address; and removal. */
export function UnitEdit({ unit, onDone }: UnitEditProps) {
  const { siteApi } = useServices();
  const { store } = useSite();
  const [, navigate] = useLocation();
  const { busy, code, run } = useAction();
  // Where it has one: a device that connects to the hub itself does not.
  const address = unit.endpoint.kind === 'base' ? unit.endpoint.address : undefined;
  const [draft, setDraft] = useState<UnitDraft>({
    name: unit.name,
    place: unit.place,
    host: address?.host ?? '',
    port: String(address?.port ?? ''),
  });
  const { name, place } = draft;
  const parsed = UnitChange.safeParse({
    ...{ name, place },
    ...(address ? { endpoint: { kind: 'base', address: readAddress(draft) } } : {}),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!parsed.success) return;
    run(async () => {
      store.putUnit(await siteApi.changeUnit(unit.id, parsed.data));
      onDone();
    });
  };
  const remove = () =>
    run(async () => {
      await siteApi.removeUnit(unit.id);
      navigate('/');
    });
  return (
    <form className="panel stack edit-form" onSubmit={submit} aria-label="Edit the unit">
      <NameFields draft={draft} onChange={setDraft} />
      {address ? <AddressFields draft={draft} onChange={setDraft} /> : null}
      {code === undefined ? null : <ErrorNote code={code} />}
      <EditActions
        busy={busy}
        disabled={!parsed.success}
        onCancel={onDone}
        removal={`Remove ${unit.name} and its history`}
        onRemove={remove}
      />
    </form>
  );
}
