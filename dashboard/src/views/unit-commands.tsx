import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import { fromInstant } from '#protocol/json.ts';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { useAction } from '../components/use-action.ts';
import { useReadable } from '../components/use-readable.ts';
import { commandText } from '../format/command-text.ts';
import { isFactRead } from '../state/board-services.ts';
import { viewCommandState } from '../state/command-view.ts';

/** Page size. */
const PAGE = 12;
/** More would evict commands that the rest of the page needs. */
const MAX = 120;

/** The newest commands of a unit, each with a link to its trace. */
export function UnitCommands({ unit }: { readonly unit: UnitView }) {
  const { store } = useSite();
  const { siteApi } = useServices();
  const { busy, code, run } = useAction();
  const [count, setCount] = useState(PAGE);
  const [isAll, setAll] = useState(false);
  const all = useReadable(store.commands.all);
  const { id } = unit;
  useEffect(() => {
    run(async () => {
      const commands = await siteApi.commands(id, { limit: PAGE });
      setAll(commands.length < PAGE);
      for (const command of commands) store.putCommand(command, []);
    });
  }, [id, run, siteApi, store]);
  const commands = useMemo(
    () =>
      all
        .filter(({ command }) => command.unitId === id)
        .sort((a, b) => b.command.id.localeCompare(a.command.id))
        .slice(0, count),
    [all, id, count],
  );
  // Opening the board's facts requests all of them at once: not listed here.
  const shown = commands.filter(({ command }) => !isFactRead(command, unit.description));
  const showOlder = async () => {
    const before = commands.at(-1)?.command.id;
    const older = await siteApi.commands(id, { limit: PAGE, ...(before ? { before } : {}) });
    // Oldest first: the store lets those go that came first.
    for (const command of older.toReversed()) store.putCommand(command, []);
    setAll(older.length < PAGE);
    setCount(count + older.length);
  };
  return (
    <section className="panel stack-tight" aria-label="Recent commands">
      <h2>Recent commands</h2>
      {code === undefined ? null : <ErrorNote code={code} />}
      {shown.length === 0 ? (
        <p className="soft small">None yet. Your commands appear here.</p>
      ) : (
        <ul className="plain-list">
          {shown.map(({ command }) => (
            <li key={command.id}>
              <Link href={`/commands/${command.id}`} className="list-row">
                <span className="list-row-main">{commandText(command, unit.description)}</span>
                <span className="list-row-end">
                  <Signal
                    tone={viewCommandState(command).tone}
                    word={viewCommandState(command).word}
                  />
                  <HubAge atMs={fromInstant(command.createdAt)} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {isAll || commands.length < count || count >= MAX ? null : (
        <Button variant="default" loading={busy} onClick={() => run(showOlder)}>
          Show older
        </Button>
      )}
    </section>
  );
}
