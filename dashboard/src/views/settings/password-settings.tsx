import { type SubmitEvent, useState } from 'react';
import { LIMITS } from '#protocol/limits.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { PasswordField } from '../../components/password-field.tsx';
import { useServices } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';
import { FormSubmit } from './form-submit.tsx';

/** A new password; every other browser is signed out by it. */
export function PasswordSettings() {
  const { accountApi } = useServices();
  const { busy, code, run } = useAction();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [done, setDone] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setDone(false);
    run(async () => {
      await accountApi.changePassword({ current, next });
      setCurrent('');
      setNext('');
      setDone(true);
    });
  };
  return (
    <section className="panel stack" aria-labelledby="settings-password">
      <h2 id="settings-password">Password</h2>
      <form className="stack" onSubmit={submit}>
        <PasswordField
          label="Current password"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordField
          label="New password"
          description={`At least ${LIMITS.passwordMinChars} characters. Signs you out everywhere else.`}
          autoComplete="new-password"
          minLength={LIMITS.passwordMinChars}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        {code === undefined ? null : <ErrorNote code={code} />}
        <div className="row-wrap">
          <FormSubmit
            busy={busy}
            disabled={current === '' || next.length < LIMITS.passwordMinChars}
          >
            Change the password
          </FormSubmit>
          <span role="status">{done ? 'Changed.' : ''}</span>
        </div>
      </form>
    </section>
  );
}
