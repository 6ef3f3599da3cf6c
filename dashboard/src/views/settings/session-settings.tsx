import { fromInstant } from '#protocol/json.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { useServices } from '../../components/services.ts';
import { browserName } from '../../format/browser-name.ts';
import { useList } from './use-list.ts';

/** Where this account is signed in. */
export function SessionSettings() {
  const { accountApi } = useServices();
  const { rows, busy, code, change } = useList(accountApi.sessions);
  return (
    <section className="panel stack" aria-labelledby="settings-sessions">
      <h2 id="settings-sessions">Active sessions</h2>
      <ul className="plain-list">
        {rows?.map((session) => (
          <li key={session.id} className="settings-row">
            <span className="stack-tight" title={session.userAgent}>
              <strong>{browserName(session.userAgent)}</strong>
              <span className="soft small">
                {session.current ? 'this browser, ' : ''}
                <HubAge atMs={fromInstant(session.lastUsedAt)} prefix="used" />
              </span>
            </span>
            {session.current ? null : (
              <Button
                variant="default"
                aria-label={`Sign out ${browserName(session.userAgent)}`}
                loading={busy}
                onClick={() => change(() => accountApi.endSession(session.id))}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
