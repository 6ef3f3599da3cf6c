import { useEffect, useRef, useState } from 'react';
import type { UnitView } from '#protocol/http/units.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { ScalarValue as ScalarValueSchema } from '#protocol/thing/data-schema.ts';
import type { PropertyAffordance } from '#protocol/thing/thing-description.ts';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useSite } from '../components/services.ts';
import { useAction } from '../components/use-action.ts';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { ValueText } from '../components/value-text.tsx';
import { factText } from '../format/fact-text.ts';
import { boardFacts, groupServices } from '../state/board-services.ts';
import { ActionForm } from './action-form.tsx';
import { Fact } from './unit-facts.tsx';
import { own } from '../state/own.ts';

interface UnitBoardProps {
  readonly unit: UnitView;
  /** The base reaches the unit now. */
  readonly isReachable: boolean;
}

/** The board's services besides the unit's purpose. Seldom needed, so collapsed. */
export function UnitBoard({ unit, isReachable }: UnitBoardProps) {
  const [opened, setOpened] = useState(false);
  // Once opened it stays mounted, so that its facts are not requested again.
  const [wasOpened, setWasOpened] = useState(false);
  const toggle = () => {
    setOpened(!opened);
    setWasOpened(true);
  };
  const facts = boardFacts(unit.description);
  const groups = groupServices(unit.description);
  if (facts.length === 0 && groups.length === 0) return null;
  const parts = [...(facts.length === 0 ? [] : ['Facts']), ...groups.map(({ title }) => title)];
  return (
    <section className="panel stack" aria-labelledby="unit-board">
      <div className="row spread">
        <div className="stack-tight">
          <h2 id="unit-board">Board hardware</h2>
          <p className="soft small">{listed(parts)}</p>
        </div>
        <Button
          variant="default"
          aria-expanded={opened}
          aria-label={opened ? 'Hide the board hardware' : 'Show the board hardware'}
          onClick={toggle}
        >
          {opened ? 'Hide' : 'Show'}
        </Button>
      </div>
      {wasOpened ? (
        <div hidden={!opened}>
          {facts.length === 0 ? null : (
            <BoardFacts unit={unit} facts={facts} isReachable={isReachable} />
          )}
          {groups.map(({ title, actions }) => (
            <div key={title} role="group" aria-label={title}>
              <h3 className="board-group">{title}</h3>
              {actions.map(([name, action]) => (
                <ActionForm key={name} unit={unit} name={name} action={action} />
              ))}
            </div>
          ))}
        </div>
      ) : null}
    </section>
  );
}

/** As in a sentence: `Facts, pins, UART`. */
function listed([first = '', ...others]: readonly string[]): string {
  const within = others.map((title) =>
    /^\p{Lu}\p{Ll}/u.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title,
  );
  return [first, ...within].join(', ');
}

interface BoardFactsProps extends UnitBoardProps {
  readonly facts: ReturnType<typeof boardFacts>;
}

/** Requested once when visible; not from a unit that is offline. */
function BoardFacts({ unit, facts, isReachable }: BoardFactsProps) {
  const { commandClient } = useSite();
  const mayRefresh = useMay('unit.control');
  const { busy, code, run } = useAction();
  const [requested, setRequested] = useState<Readonly<Record<string, CommandId>>>({});
  const wasRefreshed = useRef(false);
  const refresh = () =>
    run(async () => {
      for (const [name] of facts) {
        const order = { verb: 'invoke', operation: 'readproperty', affordance: name } as const;
        const { id } = await commandClient.send(unit.id, order);
        setRequested((before) => ({ ...before, [name]: id }));
      }
    });
  useEffect(() => {
    if (!mayRefresh || !isReachable || wasRefreshed.current) return;
    wasRefreshed.current = true;
    refresh();
  });
  const isUnknown = facts.every(
    ([name]) => own(requested, name) === undefined && own(unit.reported, name) === undefined,
  );
  if (isUnknown && !(mayRefresh && isReachable)) {
    return <p className="soft small">The unit is unreachable, or you may not read from it.</p>;
  }
  return (
    <div className="stack">
      <dl className="facts">
        {facts.map(([name, schema]) => (
          <Diagnostic
            key={name}
            unit={unit}
            name={name}
            schema={schema}
            requested={own(requested, name)}
          />
        ))}
      </dl>
      {code === undefined ? null : <ErrorNote code={code} />}
      <div>
        <Button
          variant="default"
          loading={busy}
          disabled={!mayRefresh || !isReachable}
          onClick={refresh}
        >
          Refresh
        </Button>
      </div>
    </div>
  );
}

interface DiagnosticProps {
  readonly unit: UnitView;
  readonly name: string;
  readonly schema: PropertyAffordance;
  /** The command that last requested it. */
  readonly requested: CommandId | undefined;
}

function Diagnostic({ unit, name, schema, requested }: DiagnosticProps) {
  const { store } = useSite();
  const known = own(unit.reported, name);
  const title = schema.title ?? name;
  if (requested !== undefined) {
    return (
      <Fact name={title}>
        <RequestedFact id={requested} schema={schema} before={known?.value} />
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

interface RequestedFactProps {
  readonly id: CommandId;
  readonly schema: PropertyAffordance;
  readonly before: ScalarValue | undefined;
}

/** The answer to the latest request, otherwise the previous value. */
function RequestedFact({ id, schema, before }: RequestedFactProps) {
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
  const text = factText(schema['sb:semantic'], value, { nowMs });
  return text === undefined ? (
    <ValueText schema={schema} value={value} />
  ) : (
    <span className="number">{text}</span>
  );
}
