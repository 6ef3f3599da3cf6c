import type { MappedMessage } from '#protocol/device/mapped-message.ts';
import { Button } from '../../components/button.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import type { PropertyDraft } from '../../state/mapping-draft.ts';

interface MappingRowProps {
  readonly draft: PropertyDraft;
  /** Its number among the others, from 1. */
  readonly number: number;
  /** What the last message of its topic gives; undefined: none has come. */
  readonly said: MappedMessage | undefined;
  readonly onChange: (draft: PropertyDraft) => void;
  readonly onRemove: () => void;
}

const TYPES = [
  { value: 'number', label: 'Number' },
  { value: 'integer', label: 'Whole number' },
  { value: 'boolean', label: 'Switch' },
  { value: 'string', label: 'Text' },
];
const CONFIRMATIONS = [
  { value: 'state', label: 'the property reports the value' },
  { value: 'response', label: 'the device answers' },
  { value: 'delivery', label: 'the device acknowledges the message' },
];

/** One property: where its value comes from, and how it is set. */
export function MappingRow({ draft, number, said, onChange, onRemove }: MappingRowProps) {
  const text =
    (name: 'name' | 'unit' | 'topic' | 'pointer' | 'setTopic') =>
    (event: { readonly currentTarget: { readonly value: string } }) =>
      onChange({ ...draft, [name]: event.currentTarget.value.trim() });
  const { name } = draft;
  return (
    <li className="mapping-row stack">
      <div className="mapping-fields">
        <TextField
          label="Property"
          aria-label={`Property ${number}`}
          error={
            /^[a-z][A-Za-z0-9]*$/.test(name) ? undefined : 'Letters and digits, the first small.'
          }
          value={name}
          maxLength={24}
          onChange={text('name')}
        />
        <SelectField
          label="Kind"
          aria-label={`Kind, property ${number}`}
          value={draft.type}
          options={TYPES}
          onChange={(event) => {
            const type = TYPES.find(({ value }) => value === event.currentTarget.value)?.value;
            if (isType(type)) onChange({ ...draft, type });
          }}
        />
        <TextField
          label="Unit"
          aria-label={`Unit, property ${number}`}
          placeholder="°C"
          value={draft.unit}
          maxLength={16}
          onChange={text('unit')}
        />
        <TextField
          label="Topic"
          aria-label={`Topic, property ${number}`}
          value={draft.topic}
          maxLength={200}
          onChange={text('topic')}
        />
        <TextField
          label="Place in its JSON"
          aria-label={`Place in its JSON, property ${number}`}
          placeholder="the whole payload"
          value={draft.pointer}
          maxLength={200}
          onChange={text('pointer')}
        />
        <TextField
          label="Set at topic"
          aria-label={`Set at topic, property ${number}`}
          placeholder="cannot be set"
          value={draft.setTopic}
          maxLength={200}
          onChange={text('setTopic')}
        />
        {draft.setTopic === '' ? null : (
          <SelectField
            className="mapping-wide"
            label="Confirmed when"
            aria-label={`Confirmed when, property ${number}`}
            value={draft.confirmation}
            options={CONFIRMATIONS}
            onChange={(event) => {
              const { value } = event.currentTarget;
              if (isConfirmation(value)) onChange({ ...draft, confirmation: value });
            }}
          />
        )}
      </div>
      <div className="row-wrap spread">
        <p className="small" role="status">
          {previewText(draft, said)}
        </p>
        <Button variant="subtle" danger aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove
        </Button>
      </div>
    </li>
  );
}

function previewText(
  { name, unit, topic }: PropertyDraft,
  said: MappedMessage | undefined,
): string {
  if (topic === '') return 'It is only set, and reports nothing.';
  if (!said) return 'No message at this topic yet.';
  const value = said.values.find(({ property }) => property === name);
  if (value)
    return `This message gives ${name} ${String(value.value)}${unit === '' ? '' : ` ${unit}`}.`;
  const why = said.unreadable.find((one) => one.name === name);
  return why
    ? `The last message cannot be read: ${why.reason}.`
    : 'The last message says nothing of it.';
}

function isType(value: string | undefined): value is PropertyDraft['type'] {
  return value === 'number' || value === 'integer' || value === 'boolean' || value === 'string';
}

function isConfirmation(value: string): value is PropertyDraft['confirmation'] {
  return value === 'state' || value === 'response' || value === 'delivery';
}
