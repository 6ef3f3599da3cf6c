import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { BaseView } from '#protocol/http/bases.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { CommandId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { ScalarValue as ScalarValueSchema } from '#protocol/thing/data-schema.ts';
import type { PropertyAffordance } from '#protocol/thing/thing-description.ts';
import { ErrorNote } from '../components/error-note.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { useSite } from '../components/services.ts';
import { useAction } from '../components/use-action.ts';
import { useReadable } from '../components/use-readable.ts';
import { ValueText } from '../components/value-text.tsx';
import { factText } from '../format/fact-text.ts';
import { isDiagnostic } from '../state/affordance-control.ts';

interface UnitFactsProps {
  readonly unit: UnitView;
  readonly base: BaseView | undefined;
}

/** What one wants to know when something is wrong: firmware, boot, address, signal, memory. */
export function UnitFacts({ unit, base }: UnitFactsProps) {
  const { commander } = useSite();
  const { busy, code, run } = useAction();
  const [asked, setAsked] = useState<Readonly<Record<string, CommandId>>>({});
  const { identity } = unit;
  const diagnostics = Object.entries(unit.description?.properties ?? {}).filter(([, property]) =>
    isDiagnostic(property),
  );
  const readable = diagnostics.filter(([, property]) => !property.writeOnly);
  const ask = () =>
    run(async () => {
      for (const [name] of readable) {
        const order = { verb: 'invoke', operation: 'readproperty', affordance: name } as const;
        const { id } = await commander.order(unit.id, order);
        setAsked((before) => ({ ...before, [name]: id }));
      }
    });
  return (
    <section className="panel stack" aria-label="Facts">
      <div className="row spread">
        <h2>Facts</h2>
        {readable.length === 0 ? null : (
          <Button variant="default" loading={busy} onClick={ask}>
            Ask the unit
          </Button>
        )}
      </div>
      <dl className="facts">
        <Fact name="Address">
          <span className="number">
            {unit.address.host}:{unit.address.port}
          </span>
        </Fact>
        <Fact name="Base">{base?.name ?? 'unknown'}</Fact>
        {identity ? <Fact name="Model">{identity.model}</Fact> : null}
        {unit.link === 'frames' ? null : <Fact name="Speaks">lines of text, not encrypted</Fact>}
        {identity && unit.link === 'frames' ? (
          <>
            <Fact name="Firmware">{identity.firmwareVersion}</Fact>
            <Fact name="Hardware id">{identity.hardwareId}</Fact>
            <Fact name="Started">
              <HubAge atMs={fromInstant(identity.startedAt)} />
            </Fact>
            <Fact name="After">{identity.resetReason.replaceAll('_', ' ')}</Fact>
          </>
        ) : null}
        {identity ? (
          <Fact name="Link">
            {identity.sessionPolicy === 'held' ? 'held open' : 'opened on demand'}
          </Fact>
        ) : null}
        {diagnostics.map(([name, schema]) => (
          <Diagnostic key={name} unit={unit} name={name} schema={schema} asked={asked[name]} />
        ))}
      </dl>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

interface DiagnosticProps {
  readonly unit: UnitView;
  readonly name: string;
  readonly schema: PropertyAffordance;
  /** The command that asked for it last. */
  readonly asked: CommandId | undefined;
}

function Diagnostic({ unit, name, schema, asked }: DiagnosticProps) {
  const { store } = useSite();
  const known = unit.reported[name];
  const title = schema.title ?? name;
  if (asked !== undefined) {
    return (
      <Fact name={title}>
        <Asked id={asked} schema={schema} before={known?.value} />
      </Fact>
    );
  }
  return (
    <Fact name={title}>
      <span
        data-testid={`reported-${name}`}
        data-value={known === undefined ? '' : String(known.value)}
      >
        <FactValue schema={schema} value={known?.value} nowMs={store.hubNow()} />
      </span>
    </Fact>
  );
}

interface AskedProps {
  readonly id: CommandId;
  readonly schema: PropertyAffordance;
  readonly before: ScalarValue | undefined;
}

/** The answer to a question just asked, else what was known before. */
function Asked({ id, schema, before }: AskedProps) {
  const { store } = useSite();
  const record = useReadable(store.commands.at(id));
  const answer = ScalarValueSchema.safeParse(record?.command.output);
  const value = answer.success ? answer.data : before;
  return <FactValue schema={schema} value={value} nowMs={store.hubNow()} />;
}

interface FactValueProps {
  readonly schema: PropertyAffordance;
  readonly value: ScalarValue | undefined;
  readonly nowMs: number;
}

function FactValue({ schema, value, nowMs }: FactValueProps) {
  const text = factText(schema['sb:semantic'], value, nowMs);
  return text === undefined ? (
    <ValueText schema={schema} value={value} />
  ) : (
    <span className="number">{text}</span>
  );
}
