import { useCallback, useEffect } from 'react';
import { Link, useLocation } from 'wouter';
import { isFinal } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import { errorEntry } from '#protocol/errors.ts';
import { CommandId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { PageError } from '../components/page-error.tsx';
import { PageNote } from '../components/page-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { useAction } from '../components/use-action.ts';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { commandText } from '../format/command-text.ts';
import type { CommandRecord } from '../state/command-record.ts';
import { mayCancel, viewCommandState } from '../state/command-view.ts';
import { BackLink } from '../components/back-link.tsx';
import { TraceLine } from './trace-line.tsx';
import './command-view.css';

/** Where a command is, stage by stage, live. */
export function CommandView({ commandId }: { readonly commandId: string }) {
  const parsed = CommandId.safeParse(commandId);
  if (!parsed.success) return <NoCommand />;
  return <OfCommand key={parsed.data} id={parsed.data} />;
}

function NoCommand() {
  return (
    <PageNote
      title="No such command"
      text="The address is mistyped, or the command no longer exists."
    />
  );
}

function OfCommand({ id }: { readonly id: CommandId }) {
  const { store } = useSite();
  const { siteApi } = useServices();
  const record = useReadable(store.commands.at(id));
  const { busy, code, run } = useAction();
  const load = useCallback(() => {
    run(async () => {
      const { command, steps } = await siteApi.trace(id);
      store.putCommand(command, steps);
    });
  }, [id, run, siteApi, store]);
  useEffect(() => {
    document.title = 'Command · Signalbox';
    load();
  }, [load]);
  if (record) return <Trace record={record} />;
  if (code === undefined) return <div className="view" aria-busy="true" />;
  if (code === 'command_unknown') return <NoCommand />;
  return (
    <PageError
      title="Command"
      code={code}
      lead="The route could not be loaded."
      busy={busy}
      onRetry={load}
    />
  );
}

function Trace({ record }: { readonly record: CommandRecord }) {
  const { store } = useSite();
  const { command } = record;
  const unit = useReadable(store.units.at(command.unitId));
  const view = viewCommandState(command);
  return (
    <div className="view view-narrow">
      <BackLink href={`/units/${command.unitId}`}>{unit?.name ?? 'Unit'}</BackLink>
      <header className="stack-tight">
        <h1>{commandText(command, unit?.description ?? null)}</h1>
        <p className="soft small">
          {verbText(command)} <HubAge atMs={fromInstant(command.createdAt)} />
        </p>
      </header>
      <section className="panel stack" aria-label="State">
        <div className="command-state" role="status">
          <Signal tone={view.tone} word={view.word} />
          <p>
            {command.code === undefined || command.code === 'outcome_unknown'
              ? view.sentence
              : errorEntry(command.code).message}{' '}
            {command.code === undefined ? null : <span className="code">{command.code}</span>}
          </p>
        </div>
        {command.duplicate === true ? (
          <p className="soft small">
            The unit had already executed it and returned its first result.
          </p>
        ) : null}
        {command.output === undefined ? null : (
          <p className="small">
            Answer: <code>{JSON.stringify(command.output)}</code>
          </p>
        )}
        <Steps command={command} />
      </section>
      <section className="stack-tight" aria-label="Route">
        <h2>Route</h2>
        <TraceLine record={record} />
      </section>
      <p className="code">{command.id}</p>
    </div>
  );
}

function verbText({ verb }: Command): string {
  switch (verb) {
    case 'invoke':
      return 'Run once, requested';
    case 'set':
      return 'Desired value, requested';
    case 'enqueue':
      return 'Queued, requested';
    default:
      return verb satisfies never;
  }
}

/** A request refused for its content would be refused again. */
function isWorthRepeating({ state, code }: Command): boolean {
  if (state === 'succeeded' || state === 'superseded') return false;
  return state !== 'rejected' || code === undefined || errorEntry(code).retryable;
}

/** What can be done about it now. */
function Steps({ command }: { readonly command: Command }) {
  const { commandClient } = useSite();
  const [, navigate] = useLocation();
  const { busy, code, run } = useAction();
  const over = isFinal(command.state);
  const mayControl = useMay('unit.control');
  const cancellable = mayControl && mayCancel(command);
  const mayRepeat = mayControl && over && isWorthRepeating(command);
  if (!cancellable && !mayRepeat && code === undefined) return null;
  return (
    <div className="stack-tight">
      <div className="row-wrap">
        {cancellable ? (
          <Button
            variant="default"
            loading={busy}
            onClick={() => run(() => commandClient.cancel(command.id))}
          >
            Cancel
          </Button>
        ) : null}
        {mayRepeat ? (
          <Button
            variant="default"
            loading={busy}
            onClick={() =>
              run(async () => {
                const retry = await commandClient.retry(command);
                navigate(`/commands/${retry.id}`);
              })
            }
          >
            Retry
          </Button>
        ) : null}
      </div>
      {command.code === 'hub_unreachable' ? (
        <p className="soft small">
          The hub may or may not have received it. Retrying is safe: the command is not executed
          twice.
        </p>
      ) : command.state === 'unknown' ? (
        <p className="soft small">
          Look at the <Link href={`/units/${command.unitId}`}>unit</Link> first: its reported state
          shows whether it happened. A late answer still counts.
        </p>
      ) : null}
      {code === undefined ? null : <ErrorNote code={code} />}
    </div>
  );
}
