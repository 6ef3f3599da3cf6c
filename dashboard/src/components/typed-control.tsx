import { type SubmitEvent, useState } from 'react';
import { parseTyped } from '../format/typed-value.ts';
import { unitSign } from '../format/number-text.ts';
import { Button } from './button.tsx';
import { TextField } from './text-field.tsx';
import type { PropertyHandle } from './use-property.ts';
import './typed-control.css';

interface TypedControlProps {
  readonly label: string;
  readonly property: PropertyHandle;
}

/** A value that is typed and then set: numbers without a small range, text, bytes. */
export function TypedControl({ label, property }: TypedControlProps) {
  const [draft, setDraft] = useState<string>();
  const { schema, shown } = property;
  if (!schema) return null;
  const parsed = draft === undefined ? undefined : parseTyped(schema, draft);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!parsed?.ok) return;
    property.set(parsed.value);
    setDraft(undefined);
  };
  return (
    <form className="typed" onSubmit={submit}>
      <TextField
        aria-label={label}
        inputMode={schema.type === 'string' ? 'text' : 'decimal'}
        value={draft ?? (shown === undefined ? '' : String(shown))}
        disabled={property.locked}
        right={<span className="soft small">{unitSign(schema.unit)}</span>}
        error={parsed && !parsed.ok ? `It ${parsed.reason}.` : undefined}
        onChange={(event) => setDraft(event.currentTarget.value)}
      />
      <Button
        type="submit"
        variant="default"
        size="md"
        aria-label={`Set ${label}`}
        disabled={!parsed?.ok}
      >
        Set
      </Button>
    </form>
  );
}
