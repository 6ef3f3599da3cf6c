import { type SubmitEvent, useState } from 'react';
import { Link } from 'wouter';
import type { BaseView } from '#protocol/http/bases.ts';
import { fromInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../components/use-action.ts';
import { useMay } from '../../components/use-may.ts';
import { useReadable } from '../../components/use-readable.ts';
import { viewBasePresence } from '../../state/presence-view.ts';
import { RemoveButton } from './remove-button.tsx';

/** The bases of the site. */
export function BaseSettings() {
  const bases = useReadable(useSite().store.bases.all);
  const mayManage = useMay('base.manage');
  return (
    <section className="panel stack" aria-labelledby="settings-bases">
      <div className="row spread">
        <h2 id="settings-bases">Bases</h2>
        {mayManage ? (
          <Link href="/add/base" className="touch">
            Add a base
          </Link>
        ) : null}
      </div>
      {bases.length === 0 ? <p className="soft small">None yet.</p> : null}
      <ul className="plain-list">
        {bases.map((base) => (
          <Base key={base.id} base={base} mayChange={mayManage} />
        ))}
      </ul>
    </section>
  );
}

interface BaseProps {
  readonly base: BaseView;
  readonly mayChange: boolean;
}

function Base({ base, mayChange }: BaseProps) {
  const { siteApi } = useServices();
  const { store } = useSite();
  const { busy, code, run } = useAction();
  const [draft, setDraft] = useState<string>();
  const { tone, word } = viewBasePresence(base);
  const { lastSeenAt } = base.presence;
  const rename = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      store.putBase(await siteApi.renameBase(base.id, (draft ?? '').trim()));
      setDraft(undefined);
    });
  };
  return (
    <li className="settings-row">
      {draft === undefined ? (
        <>
          <span className="stack-tight">
            <strong>{base.name}</strong>
            <span className="row-wrap soft small">
              <Signal tone={tone} word={word} />
              <span>version {base.version}</span>
              {lastSeenAt === null ? null : (
                <HubAge atMs={fromInstant(lastSeenAt)} prefix="heard" />
              )}
            </span>
          </span>
          {mayChange ? (
            <span className="row">
              <Button variant="default" onClick={() => setDraft(base.name)}>
                Rename
              </Button>
              <RemoveButton
                label="Remove…"
                question={`Remove ${base.name} and its units`}
                onConfirm={() => run(() => siteApi.removeBase(base.id))}
              />
            </span>
          ) : null}
        </>
      ) : (
        <form className="settings-form" onSubmit={rename}>
          <TextField
            label="Name of the base"
            autoFocus
            maxLength={LIMITS.nameChars}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          <Button type="submit" size="md" loading={busy} disabled={draft.trim() === ''}>
            Save
          </Button>
          <Button size="md" variant="default" onClick={() => setDraft(undefined)}>
            Cancel
          </Button>
        </form>
      )}
      {code === undefined ? null : <ErrorNote code={code} />}
    </li>
  );
}
