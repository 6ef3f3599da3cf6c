import { errorEntry } from '#protocol/errors.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import { HubAge } from '../components/hub-age.tsx';
import { SignalShape } from '../components/signal.tsx';
import { absoluteText, deltaText, preciseTimeText, spanText } from '../format/time-text.ts';
import type { CommandRecord } from '../state/command-record.ts';
import { routeOf, type Station, STRETCH_NAMES } from '../state/command-route.ts';
import type { SignalTone } from '../state/presence-view.ts';
import { viewCommandState } from '../state/command-view.ts';
import './trace-line.css';

/** The trace as a line of stations: passed ones solid, the one it waits for open. */
export function TraceLine({ record }: { readonly record: CommandRecord }) {
  const route = routeOf(record);
  const { state } = record.command;
  const endTone = isFinal(state) ? viewCommandState(record.command).tone : 'proven';
  return (
    <div className="trace">
      {route.totalMs > 0 ? (
        <div className="trace-share" role="img" aria-label={shareText(route)}>
          {route.stretches.map(({ stretch, ms }) => (
            <span
              key={stretch}
              className={`trace-share-part trace-share-${stretch}`}
              style={{ flexGrow: Math.max(ms, route.totalMs * 0.02) }}
            >
              <b>{STRETCH_NAMES[stretch]}</b> <span className="number">{spanText(ms)}</span>
            </span>
          ))}
        </div>
      ) : null}
      <ol className="trace-stations">
        {route.stations.map((station, index) => (
          <StationRow
            key={`${station.hop}@${station.atMs}#${index}`}
            station={station}
            tone={toneOf(station, index === route.stations.length - 1, endTone)}
          />
        ))}
        {route.awaiting ? (
          <li className="station station-awaiting" aria-current="step">
            <SignalShape tone="waiting" />
            <span className="station-name">{route.awaiting.name}</span>
          </li>
        ) : null}
      </ol>
      {route.stations.length > 1 ? (
        <p className="trace-total">
          {route.awaiting ? 'So far' : 'In total'}{' '}
          <strong className="number">{spanText(route.totalMs)}</strong>
          {route.awaiting ? (
            <>
              , last step <HubAge atMs={route.stations.at(-1)?.atMs ?? 0} />
            </>
          ) : null}
        </p>
      ) : null}
    </div>
  );
}

function toneOf(station: Station, isLast: boolean, endTone: SignalTone): SignalTone {
  if (station.code !== undefined) return 'lost';
  return isLast ? endTone : 'proven';
}

function shareText(route: ReturnType<typeof routeOf>): string {
  const parts = route.stretches.map(
    ({ stretch, ms }) => `${STRETCH_NAMES[stretch]} ${spanText(ms)}`,
  );
  return `Where the time went: ${parts.join(', ')}`;
}

function StationRow({ station, tone }: { readonly station: Station; readonly tone: SignalTone }) {
  return (
    <li className="station">
      <SignalShape tone={tone} />
      <span className="station-name">
        {station.name}
        <span className="station-stretch">
          {STRETCH_NAMES[station.stretch]} · hop {station.hop}
        </span>
        {station.code === undefined ? null : (
          <span className="station-reason">
            {errorEntry(station.code).message} <span className="code">{station.code}</span>
          </span>
        )}
        {station.note === undefined ? null : <span className="station-note">{station.note}</span>}
        {station.doubt === undefined ? null : (
          <span className="station-note">
            <SignalShape tone="unknown" /> Time not certain. {station.doubt}
          </span>
        )}
      </span>
      <span className="station-times number" data-doubtful={station.doubt !== undefined}>
        <span className="station-delta">
          {station.doubt === undefined ? '' : '≈ '}
          {station.deltaMs === undefined ? 'start' : deltaText(station.deltaMs)}
        </span>
        <time dateTime={new Date(station.atMs).toISOString()} title={absoluteText(station.atMs)}>
          {preciseTimeText(station.atMs)}
        </time>
      </span>
    </li>
  );
}
