import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { isFinal } from '#protocol/command/command-state.ts';
import type { UnitId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { spanText } from '../format/time-text.ts';
import { viewCommandState } from '../state/command-view.ts';
import { useSite } from './services.ts';
import { SignalShape } from './signal.tsx';
import { useReadable } from './use-readable.ts';
import './command-signal.css';

/** How long a command that went well stays in sight. */
const SHOWN_FOR_MS = 4_000;

/** The state of a unit's latest command; opens its trace. Hidden when there is nothing to show. */
export function CommandSignal({ unitId }: { readonly unitId: UnitId }) {
  const { store } = useSite();
  const id = useReadable(store.latestCommands.at(unitId));
  return id === undefined ? null : <OfCommand key={id} id={id} />;
}

function OfCommand({
  id,
}: {
  readonly id: Parameters<ReturnType<typeof useSite>['store']['commands']['at']>[0];
}) {
  const { store } = useSite();
  const record = useReadable(store.commands.at(id));
  const state = record?.command.state;
  const over = state !== undefined && isFinal(state);
  const endedMs = record?.command.endedAt ? fromInstant(record.command.endedAt) : undefined;
  const [faded, setFaded] = useState(() => over && isOld(store.hubNow(), endedMs));
  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(() => setFaded(true), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [over]);
  if (!record || faded) return null;
  const { command } = record;
  const view = viewCommandState(command);
  const durationMs = endedMs === undefined ? undefined : endedMs - fromInstant(command.createdAt);
  const timing = command.state === 'succeeded' && durationMs !== undefined && durationMs >= 0;
  return (
    <Link
      href={`/commands/${command.id}`}
      className={`command-signal signal-${view.tone}`}
      title={`${view.sentence} Open the trace.`}
    >
      <SignalShape tone={view.tone} />
      {timing ? `${view.word} in ${spanText(durationMs)}` : view.word}
    </Link>
  );
}

function isOld(nowMs: number, endedMs: number | undefined): boolean {
  return endedMs === undefined || nowMs - endedMs > SHOWN_FOR_MS;
}
