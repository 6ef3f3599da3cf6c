import { type SubmitEvent, useState } from 'react';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSignedIn } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../components/use-action.ts';
import { FormSubmit } from './form-submit.tsx';

/** For someone who already has an account and was invited to another site. */
export function AcceptInvitation() {
  const { account, accountApi } = useServices();
  const { showSite } = useSignedIn();
  const { busy, code, run } = useAction();
  const [typed, setTyped] = useState('');
  const accept = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      const site = await accountApi.acceptInvitation(codeIn(typed));
      setTyped('');
      await account.reloadSites();
      showSite(site.id);
    });
  };
  return (
    <>
      <form className="settings-form" onSubmit={accept}>
        <TextField
          label="Do you have an invitation?"
          placeholder="The link or its code"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <FormSubmit busy={busy} disabled={typed.trim() === ''}>
          Join
        </FormSubmit>
      </form>
      {code === undefined ? null : <ErrorNote code={code} />}
    </>
  );
}

/** The code of an invitation, from the code itself or from the whole link. */
function codeIn(typed: string): string {
  const [, fragment] = typed.trim().split('#invitation=');
  return fragment === undefined ? typed.trim() : decodeURIComponent(fragment);
}
