import { type SubmitEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { UnitChange, type UnitView } from '#protocol/http/units.ts';
import { Button } from '../components/button.tsx';
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
  const [confirming, setConfirming] = useState(false);
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
    <form className="panel stack" onSubmit={submit} aria-label="Edit the unit">
      <NameFields draft={draft} onChange={setDraft} />
      {address ? <AddressFields draft={draft} onChange={setDraft} /> : null}
      {code === undefined ? null : <ErrorNote code={code} />}
      <div className="row-wrap">
        <Button type="submit" loading={busy} disabled={!parsed.success}>
          Save
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        {confirming ? (
          <>
            <Button danger autoFocus loading={busy} onClick={remove}>
              Remove {unit.name} and its history
            </Button>
            <Button variant="default" onClick={() => setConfirming(false)}>
              Keep it
            </Button>
          </>
        ) : (
          <Button variant="subtle" danger onClick={() => setConfirming(true)}>
            Remove…
          </Button>
        )}
      </div>
    </form>
  );
}
