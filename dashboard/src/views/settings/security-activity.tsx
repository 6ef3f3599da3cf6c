import { fromInstant } from '#protocol/json.ts';
import type { AccountEvent } from '#protocol/events/account-event.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { Skeleton } from '../../components/skeleton.tsx';
import { useReadable } from '../../components/use-readable.ts';
import { accountEventText } from '../../format/account-event-text.ts';
import { absoluteText } from '../../format/time-text.ts';
import { type AccountEventsState, useAccountEvents } from './use-account-events.ts';

/** What concerned the security of the account: who looks at it notices what they did not do. */
export function SecurityActivity() {
  const { state, load } = useAccountEvents();
  return (
    <section className="panel stack" aria-labelledby="settings-security">
      <div className="stack-tight">
        <h2 id="settings-security">Security activity</h2>
        <p className="soft small">
          Sign-ins, passwords and API tokens of this account, kept for a year. If any of this was
          not you, change the password and revoke the tokens.
        </p>
      </div>
      <SecurityEvents state={state} onLoad={load} />
    </section>
  );
}

interface SecurityEventsProps {
  readonly state: AccountEventsState;
  /** Loads older events, or what could not be loaded again. */
  readonly onLoad: () => void;
}

export function SecurityEvents({ state, onLoad }: SecurityEventsProps) {
  const { events, next, isLoading, code } = state;
  const failed =
    code === undefined ? null : (
      <ErrorNote code={code} lead="The security activity could not be loaded.">
        <Button variant="default" loading={isLoading} onClick={onLoad}>
          Try again
        </Button>
      </ErrorNote>
    );
  if (events === undefined) return failed ?? <Loading />;
  return (
    <>
      {events.length === 0 && next === null ? (
        <p className="soft">Nothing has been recorded in the last year.</p>
      ) : (
        <ol className="plain-list" aria-label="Security activity">
          {events.map((event) => (
            <EventRow key={event.rev} event={event} />
          ))}
        </ol>
      )}
      {failed}
      {next === null || code !== undefined ? null : (
        <Button variant="default" loading={isLoading} onClick={onLoad}>
          Show older
        </Button>
      )}
    </>
  );
}

function EventRow({ event }: { readonly event: AccountEvent }) {
  const account = useReadable(useServices().account.state);
  const offsetMs = useReadable(useSite().store.clockOffsetMs);
  const { what, more } = accountEventText(event, account.kind === 'signed-in' ? account.sites : []);
  const atMs = fromInstant(event.at);
  return (
    <li className="settings-row">
      <span className="stack-tight">
        <strong>{what}</strong>
        {more === undefined ? null : <span className="soft small">{more}</span>}
      </span>
      <span className="soft small number">
        <HubAge atMs={atMs} />, {absoluteText(atMs - offsetMs)}
      </span>
    </li>
  );
}

function Loading() {
  return (
    <div className="stack-tight" aria-busy="true">
      <p className="visually-hidden" role="status">
        Loading
      </p>
      {Array.from({ length: 3 }, (_, index) => (
        <Skeleton key={index} height="2.5rem" />
      ))}
    </div>
  );
}
