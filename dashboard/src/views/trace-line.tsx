import { errorEntry } from '#protocol/errors.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import { HubAge } from '../components/hub-age.tsx';
import { SignalShape } from '../components/signal.tsx';
import { absoluteText, deltaText, preciseTimeText, spanText } from '../format/time-text.ts';
import type { CommandRecord } from '../state/command-record.ts';
import { routeOf, type Stage, SEGMENT_NAMES } from '../state/command-route.ts';
import type { SignalTone } from '../state/presence-view.ts';
import { viewCommandState } from '../state/command-view.ts';
import './trace-line.css';

/** The trace as a line of stages: passed ones solid, the one it waits for open. */
export function TraceLine({ record }: { readonly record: CommandRecord }) {
  const route = routeOf(record);
  const { state } = record.command;
  const endTone = isFinal(state) ? viewCommandState(record.command).tone : 'proven';
  return (
    <div className="trace">
      {route.totalMs > 0 ? (
        <div className="trace-share" role="img" aria-label={shareText(route)}>
          {route.segments.map(({ segment, ms }) => (
            <span
              key={segment}
              className={`trace-share-part trace-share-${segment}`}
              style={{ flexGrow: Math.max(ms, route.totalMs * 0.02) }}
            >
              <b>{SEGMENT_NAMES[segment]}</b> <span className="number">{spanText(ms)}</span>
            </span>
          ))}
        </div>
      ) : null}
      <ol className="trace-stages">
        {route.stages.map((stage, index) => (
          <StageRow
            key={`${stage.number}@${stage.atMs}#${index}`}
            stage={stage}
            tone={toneOf(stage, index === route.stages.length - 1, endTone)}
          />
        ))}
        {route.awaiting ? (
          <li className="stage stage-awaiting" aria-current="step">
            <SignalShape tone="waiting" />
            <span className="stage-name">{route.awaiting}</span>
          </li>
        ) : null}
      </ol>
      {route.stages.length > 1 ? (
        <p className="trace-total">
          {route.awaiting ? 'So far' : 'In total'}{' '}
          <strong className="number">{spanText(route.totalMs)}</strong>
          {route.awaiting ? (
            <>
              , last step <HubAge atMs={route.stages.at(-1)?.atMs ?? 0} />
            </>
          ) : null}
        </p>
      ) : null}
    </div>
  );
}

function toneOf(stage: Stage, isLast: boolean, endTone: SignalTone): SignalTone {
  if (stage.code !== undefined) return 'lost';
  return isLast ? endTone : 'proven';
}

function shareText(route: ReturnType<typeof routeOf>): string {
  const parts = route.segments.map(
    ({ segment, ms }) => `${SEGMENT_NAMES[segment]} ${spanText(ms)}`,
  );
  return `Where the time went: ${parts.join(', ')}`;
}

function StageRow({ stage, tone }: { readonly stage: Stage; readonly tone: SignalTone }) {
  return (
    <li className="stage">
      <SignalShape tone={tone} />
      <span className="stage-name">
        {stage.name}
        <span className="stage-segment">
          {SEGMENT_NAMES[stage.segment]} · stage {stage.number}
        </span>
        {stage.code === undefined ? null : (
          <span className="stage-reason">
            {errorEntry(stage.code).message} <span className="code">{stage.code}</span>
          </span>
        )}
        {stage.note === undefined ? null : <span className="stage-note">{stage.note}</span>}
        {stage.outcomeUnknown === undefined ? null : (
          <span className="stage-note">
            <SignalShape tone="unknown" /> Time not certain. {stage.outcomeUnknown}
          </span>
        )}
      </span>
      <span className="stage-times number" data-doubtful={stage.outcomeUnknown !== undefined}>
        <span className="stage-delta">
          {stage.outcomeUnknown === undefined ? '' : '≈ '}
          {stage.deltaMs === undefined ? 'start' : deltaText(stage.deltaMs)}
        </span>
        <time dateTime={new Date(stage.atMs).toISOString()} title={absoluteText(stage.atMs)}>
          {preciseTimeText(stage.atMs)}
        </time>
      </span>
    </li>
  );
}
