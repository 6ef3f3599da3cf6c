import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import type { z } from 'zod';
import { SignInRequest, SignUpRequest } from '#protocol/http/accounts.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { Logo } from '../components/logo.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { useServices } from '../components/services.ts';
import { TextField } from '../components/text-field.tsx';
import { useAction } from '../components/use-action.ts';
import type { AccountState } from '../state/account-session.ts';
import { consumeEntryCode } from '../state/entry-code.ts';
import './welcome-view.css';

interface WelcomeViewProps {
  readonly state: Extract<AccountState, { kind: 'signed-out' }>;
}

/** Sign in, or create an account where that is allowed. */
export function WelcomeView({ state }: WelcomeViewProps) {
  const [entry] = useState(() => consumeEntryCode(window.location, window.history));
  const isFirst = state.signUp === 'setup';
  const mayJoin = isFirst || state.signUp === 'open' || entry.invitation !== undefined;
  const [joining, setJoining] = useState(mayJoin && (isFirst || entry.invitation !== undefined));
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = 'Welcome · Signalbox';
    // What was pressed to sign out is gone, and the focus with it.
    main.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main ref={main} className="welcome" tabIndex={-1}>
      <div className="welcome-box">
        <header className="welcome-head">
          <Logo size={44} />
          <h1>{titleOf(joining, isFirst)}</h1>
          <p className="soft">
            {joining
              ? isFirst
                ? 'This hub is new. Create its first account: it owns the first site.'
                : 'You have been invited. Create an account to join.'
              : 'Change something here, and see it change there.'}
          </p>
        </header>
        {state.code === undefined ? null : <ErrorNote code={state.code} />}
        {joining ? (
          <SignUp isFirst={isFirst} code={entry.code} invitation={entry.invitation} />
        ) : (
          <SignIn />
        )}
        {mayJoin && !isFirst ? (
          <Button variant="subtle" onClick={() => setJoining(!joining)}>
            {joining ? 'I already have an account' : 'Create an account'}
          </Button>
        ) : null}
        {state.signUp === 'invite' && !mayJoin ? (
          <p className="soft small welcome-foot">
            New here? Ask someone with an account to invite you.
          </p>
        ) : null}
      </div>
    </main>
  );
}

function titleOf(joining: boolean, isFirst: boolean): string {
  if (!joining) return 'Sign in to Signalbox';
  return isFirst ? 'Welcome to Signalbox' : 'Join Signalbox';
}

function SignIn() {
  const { accountApi, account } = useServices();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const request = SignInRequest.safeParse({ email, password });
  const { busy, code, wrong, form, submit } = useSubmit(request, async (body) => {
    await account.accept(await accountApi.signIn(body));
  });
  return (
    <form ref={form} className="stack" onSubmit={submit}>
      <EmailField value={email} isWrong={wrong.has('email')} onChange={setEmail} />
      <PasswordField
        label="Password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {code === undefined ? null : <ErrorNote code={code} />}
      <Button type="submit" size="md" loading={busy}>
        Sign in
      </Button>
    </form>
  );
}

interface SignUpProps {
  readonly isFirst: boolean;
  readonly code: string | undefined;
  readonly invitation: string | undefined;
}

function SignUp({ isFirst, code: given, invitation }: SignUpProps) {
  const { accountApi, account } = useServices();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [setupCode, setSetupCode] = useState(given ?? '');
  const tooShort = password !== '' && password.length < LIMITS.passwordMinChars;
  const request = SignUpRequest.safeParse({
    name,
    email,
    password,
    ...(isFirst ? { setupCode: setupCode.trim() } : {}),
    ...(invitation === undefined ? {} : { invitation }),
  });
  const { busy, code, wrong, form, submit } = useSubmit(request, async (body) => {
    await account.accept(await accountApi.signUp(body));
  });
  return (
    <form ref={form} className="stack" onSubmit={submit}>
      {isFirst ? (
        <TextField
          label="One-time code"
          description={given === undefined ? 'The hub prints it when it starts.' : undefined}
          autoComplete="off"
          required
          value={setupCode}
          error={wrong.has('setupCode') ? 'Enter the code that the hub printed' : undefined}
          onChange={(event) => setSetupCode(event.currentTarget.value)}
        />
      ) : null}
      <TextField
        label="Name"
        autoComplete="name"
        required
        maxLength={LIMITS.nameChars}
        value={name}
        error={wrong.has('name') ? 'Enter a name' : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <EmailField value={email} isWrong={wrong.has('email')} onChange={setEmail} />
      <PasswordField
        label="Password"
        description={`At least ${LIMITS.passwordMinChars} characters. A few words are better than one complicated word.`}
        autoComplete="new-password"
        required
        minLength={LIMITS.passwordMinChars}
        error={tooShort ? shortText(password.length) : undefined}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {code === undefined ? null : <ErrorNote code={code} />}
      <Button type="submit" size="md" loading={busy}>
        Create account
      </Button>
    </form>
  );
}

function shortText(length: number): string {
  const missing = LIMITS.passwordMinChars - length;
  return missing === 1 ? '1 character to go' : `${missing} characters to go`;
}

interface FieldProps {
  readonly value: string;
  readonly isWrong: boolean;
  readonly onChange: (value: string) => void;
}

function EmailField({ value, isWrong, onChange }: FieldProps) {
  return (
    <TextField
      label="E-mail"
      type="email"
      autoComplete="email"
      required
      value={value}
      error={isWrong ? 'A full address, like ada@example.org' : undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/**
 * Sends input that fits the hub's schema. Errors are shown at the field: nothing was
 * sent, so the hub is not involved.
 */
function useSubmit<T>(request: z.ZodSafeParseResult<T>, send: (body: T) => Promise<void>) {
  const { busy, code, run } = useAction();
  const form = useRef<HTMLFormElement>(null);
  const [tries, setTries] = useState(0);
  const wrong = new Set(tries > 0 ? request.error?.issues.map(({ path }) => path[0]) : []);
  // What the browser itself does for a field that is empty: to the first one that is wrong.
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [tries]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTries(tries + 1);
    if (request.success) run(() => send(request.data));
  };
  return { busy, code, wrong, form, submit };
}
