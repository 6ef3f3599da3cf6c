import { type SubmitEvent, useState } from 'react';
import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { Json } from '#protocol/json.ts';
import type { ScalarSchema, ScalarValue } from '#protocol/thing/data-schema.ts';
import type { ActionAffordance } from '#protocol/thing/thing-description.ts';
import { permissionFor } from '#protocol/thing/unit-guards.ts';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { SelectField } from '../components/select-field.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { TextField } from '../components/text-field.tsx';
import { Toggle } from '../components/toggle.tsx';
import { useAction } from '../components/use-action.ts';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { controlName } from '../format/control-name.ts';
import { parseTyped } from '../format/typed-value.ts';
import { viewCommandState } from '../state/command-view.ts';
import { ActionConfirm } from './action-confirm.tsx';
import { own } from '../state/own.ts';
import './action-form.css';

interface ActionFormProps {
  readonly unit: UnitView;
  readonly name: string;
  readonly action: ActionAffordance;
}

/**
 * An action with a field per input; asks for confirmation before something that cannot
 * be repeated.
 */
export function ActionForm({ unit, name, action }: ActionFormProps) {
  const { accountApi } = useServices();
  const { commandClient } = useSite();
  const { busy, code, run } = useAction();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [confirming, setConfirming] = useState(false);
  const [commandId, setCommandId] = useState<CommandId>();
  const title = action.title ?? name;
  const barred = !useMay(permissionFor(action));
  const fields = (action.input?.required ?? []).flatMap((field) => {
    const schema = own(action.input?.properties, field);
    return schema ? [{ field, schema, text: own(typed, field) ?? initialText(schema) }] : [];
  });
  const parsed = fields.map(({ field, schema, text }) => ({ field, ...parseTyped(schema, text) }));
  const complete = parsed.every(({ ok }) => ok);
  const start = (password?: string) => {
    const input: Record<string, ScalarValue> = Object.fromEntries(
      parsed.flatMap((entry) => (entry.ok ? [[entry.field, entry.value]] : [])),
    );
    const order = { verb: 'invoke', operation: 'invokeaction', affordance: name } as const;
    run(async () => {
      // A wrong one leaves the question where it is.
      if (password !== undefined) await accountApi.reauthenticate({ password });
      setConfirming(false);
      const withInput = fields.length === 0 ? order : { ...order, input };
      setCommandId((await commandClient.send(unit.id, withInput)).id);
    });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (action.idempotent) start();
    else setConfirming(true);
  };
  if (barred) {
    return (
      <p className="action action-line">
        <span className="action-title">{title}</span>
        <span className="soft small">Your role does not allow this.</span>
      </p>
    );
  }
  return (
    <div className="action">
      <form className="action-line" onSubmit={submit} aria-label={controlName(unit, title)}>
        <span className="action-title">{title}</span>
        {fields.map(({ field, schema, text }) => (
          <Field
            key={field}
            name={field}
            schema={schema}
            text={text}
            onChange={(next) => setTyped((before) => ({ ...before, [field]: next }))}
          />
        ))}
        {confirming ? null : (
          <Button
            type="submit"
            variant="default"
            size="md"
            aria-label={action.idempotent ? `Run now: ${controlName(unit, title)}` : undefined}
            loading={busy}
            disabled={!complete}
          >
            {action.idempotent ? 'Run now' : `${title}…`}
          </Button>
        )}
      </form>
      {confirming ? (
        <ActionConfirm
          title={title}
          action={action}
          busy={busy}
          onYes={start}
          onNo={() => setConfirming(false)}
        />
      ) : null}
      {code === undefined ? null : <ErrorNote code={code} />}
      {commandId === undefined ? null : <Outcome id={commandId} />}
    </div>
  );
}

function initialText(schema: ScalarSchema): string {
  if (schema.type === 'boolean') return 'false';
  if ('enum' in schema && schema.enum) return String(schema.enum[0] ?? '');
  if (schema.type === 'integer' || schema.type === 'number') return String(schema.minimum ?? '');
  return schema.format === 'color' ? '#ffffff' : '';
}

/** Inputs whose names are abbreviations. */
const ABBREVIATED: ReadonlySet<string> = new Set(['ip', 'mac']);

function labelOf(name: string): string {
  if (ABBREVIATED.has(name)) return name.toUpperCase();
  return name.charAt(0).toUpperCase() + name.slice(1);
}

interface FieldProps {
  readonly name: string;
  readonly schema: ScalarSchema;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

function Field({ name, schema, text, onChange }: FieldProps) {
  const label = schema.title ?? labelOf(name);
  const misfit = text === '' ? undefined : parseTyped(schema, text);
  if (schema.type === 'boolean') {
    return (
      <Toggle
        label={label}
        checked={text === 'true'}
        onChange={(checked) => onChange(String(checked))}
      />
    );
  }
  if ('enum' in schema && schema.enum && schema.enum.length > 0) {
    return (
      <SelectField
        label={label}
        value={text}
        options={schema.enum.map(String)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <TextField
      className="action-field"
      label={schema.unit === undefined ? label : `${label} (${schema.unit})`}
      value={text}
      inputMode={schema.type === 'string' ? 'text' : 'decimal'}
      error={misfit && !misfit.ok ? `It ${misfit.reason}.` : undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** What became of it, and what the unit answered. */
function Outcome({ id }: { readonly id: CommandId }) {
  const record = useReadable(useSite().store.commands.at(id));
  if (!record) return null;
  const { output } = record.command;
  const view = viewCommandState(record.command);
  return (
    <p className="row-wrap small" role="status">
      <Signal tone={view.tone} word={view.word} />
      {output === undefined ? null : <Output output={output} />}
      <Link href={`/commands/${id}`} className="soft">
        Details
      </Link>
    </p>
  );
}

function Output({ output }: { readonly output: Json }) {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) {
    return <strong>{JSON.stringify(output)}</strong>;
  }
  return Object.entries(output).map(([name, value]) => (
    <span key={name}>
      {name}{' '}
      <strong className="number">
        {typeof value === 'string' ? value : JSON.stringify(value)}
      </strong>
    </span>
  ));
}
