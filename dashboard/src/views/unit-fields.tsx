import { useId } from 'react';
import { UnitRequest } from '#protocol/http/unit-request.ts';
import type { BaseId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { UnitAddress } from '#protocol/unit-address.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { useSite } from '../components/services.ts';
import { TextField } from '../components/text-field.tsx';

/** A unit's names and address as they are being typed. */
export interface UnitDraft {
  readonly name: string;
  readonly place: string;
  readonly host: string;
  readonly port: string;
}

/** The address in the form of the API; parse it before sending. */
export function readAddress({ host, port }: Pick<UnitDraft, 'host' | 'port'>) {
  return { host: host.trim(), port: Number(port) };
}

/** A unit that is to be added, as it is being typed. */
export interface NewUnitDraft extends UnitDraft {
  readonly link: UnitLinkKind;
}

/** The request for the hub; undefined while something is missing. */
export function readNewUnit(baseId: BaseId, draft: NewUnitDraft): UnitRequest | undefined {
  const { name, place, link } = draft;
  const endpoint = { kind: 'base', baseId, link, address: readAddress(draft) };
  return UnitRequest.safeParse({ name, place, endpoint }).data;
}

interface FieldsProps {
  readonly draft: UnitDraft;
  readonly onChange: (draft: UnitDraft) => void;
}

export function NameFields({ draft, onChange }: FieldsProps) {
  const { store } = useSite();
  const listId = useId();
  const places = [...new Set(store.units.values().map((unit) => unit.place))].filter(
    (place) => place !== '',
  );
  return (
    <>
      <TextField
        label="Name of the unit"
        required
        maxLength={LIMITS.nameChars}
        value={draft.name}
        onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })}
      />
      <TextField
        label="Place"
        description="A room or the garden; the board groups by it."
        maxLength={64}
        list={listId}
        value={draft.place}
        onChange={(event) => onChange({ ...draft, place: event.currentTarget.value })}
      />
      <datalist id={listId}>
        {places.map((place) => (
          <option key={place} value={place} />
        ))}
      </datalist>
    </>
  );
}

export function AddressFields({ draft, onChange }: FieldsProps) {
  const { host, port } = draft;
  const parsed = UnitAddress.safeParse(readAddress(draft));
  const wrong = new Set(parsed.error?.issues.map((issue) => issue.path[0]) ?? []);
  return (
    <div className="address-fields">
      <TextField
        label="Address"
        placeholder="e.g. 192.168.1.40"
        required
        spellCheck={false}
        autoCapitalize="off"
        value={host}
        error={host !== '' && wrong.has('host') ? 'An IP address or a host name' : undefined}
        onChange={(event) => onChange({ ...draft, host: event.currentTarget.value })}
      />
      <TextField
        label="Port"
        inputMode="numeric"
        required
        value={port}
        error={wrong.has('port') ? '1 to 65535' : undefined}
        onChange={(event) => onChange({ ...draft, port: event.currentTarget.value })}
      />
    </div>
  );
}
