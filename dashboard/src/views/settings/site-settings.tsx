import { type SubmitEvent, useState } from 'react';
import { LIMITS } from '#protocol/limits.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSignedIn } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../components/use-action.ts';
import { useMay } from '../../components/use-may.ts';
import { useReadable } from '../../components/use-readable.ts';
import { FormSubmit } from './form-submit.tsx';

/** The name of the current site, and a way to switch sites. */
export function SiteSettings() {
  const { accountApi, account } = useServices();
  const { site, showSite } = useSignedIn();
  const shown = useReadable(site.store.site);
  const [draft, setDraft] = useState<string>();
  const [fresh, setFresh] = useState('');
  const { busy, code, run } = useAction();
  const mayRename = useMay('site.rename');
  const name = draft ?? shown?.name ?? '';
  const rename = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      site.store.site.set(await accountApi.renameSite(site.siteId, name.trim()));
      setDraft(undefined);
      await account.reloadSites();
    });
  };
  const create = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      const made = await accountApi.createSite(fresh.trim());
      setFresh('');
      await account.reloadSites();
      showSite(made.id);
    });
  };
  return (
    <section className="panel stack" aria-labelledby="settings-site">
      <h2 id="settings-site">Site</h2>
      {mayRename ? (
        <form className="settings-form" onSubmit={rename}>
          <TextField
            label="Name of this site"
            maxLength={LIMITS.nameChars}
            value={name}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          <FormSubmit busy={busy} disabled={draft === undefined || draft.trim() === ''}>
            Rename
          </FormSubmit>
        </form>
      ) : (
        <p className="soft small">{name}. An owner can rename it.</p>
      )}
      <form className="settings-form" onSubmit={create}>
        <TextField
          label="New site"
          placeholder="e.g. Summer house"
          maxLength={LIMITS.nameChars}
          value={fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
        />
        <FormSubmit busy={busy} disabled={fresh.trim() === ''}>
          Create site
        </FormSubmit>
      </form>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
