import { type SubmitEvent, useState } from 'react';
import { ProgramScope } from '#protocol/access/roles.ts';
import type { TokenCreated } from '#protocol/http/accounts.ts';
import { fromInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { Link } from 'wouter';
import { SelectField } from '../../components/select-field.tsx';
import { useServices } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { useReadable } from '../../components/use-readable.ts';
import { SCOPE_CHOICES, scopeText } from '../../format/scope-text.ts';
import { sitesText } from '../../format/sites-text.ts';
import { absoluteText } from '../../format/time-text.ts';
import { RemoveButton } from '../../components/remove-button.tsx';
import { ShownOnce } from './shown-once.tsx';
import { useList } from './use-list.ts';
import { FormSubmit } from './form-submit.tsx';

/** Keys for programs that use the API in this account's name. */
export function TokenSettings() {
  const { account, accountApi } = useServices();
  const state = useReadable(account.state);
  const sites = state.kind === 'signed-in' ? state.sites : [];
  const { rows, busy, code, change } = useList(accountApi.tokens);
  const [name, setName] = useState('');
  const [scope, setScope] = useState<ProgramScope>('read');
  const [created, setCreated] = useState<TokenCreated>();
  const create = (event: SubmitEvent) => {
    event.preventDefault();
    change(async () => {
      setCreated(await accountApi.createToken({ name: name.trim(), scope }));
      setName('');
    });
  };
  return (
    <section className="panel stack" aria-labelledby="settings-tokens">
      <div className="row-wrap spread">
        <h2 id="settings-tokens">API tokens</h2>
        <span className="row-wrap panel-links">
          <Link href="/connect" className="touch">
            Connect a program
          </Link>
          <a href="/api/docs" className="touch">
            API documents
          </a>
        </span>
      </div>
      <ul className="plain-list">
        {rows?.map((token) => (
          <li key={token.id} className="settings-row">
            <span className="stack-tight">
              <strong>{token.name}</strong>
              <span className="soft small">
                {scopeText(token.scope)}, {sitesText(token.siteIds, sites)},{' '}
                {token.lastUsedAt === null ? (
                  'never used'
                ) : (
                  <HubAge atMs={fromInstant(token.lastUsedAt)} prefix="used" />
                )}
                {token.expiresAt === null
                  ? ''
                  : `, ends ${absoluteText(fromInstant(token.expiresAt))}`}
              </span>
            </span>
            <RemoveButton
              label="Revoke…"
              question={`Revoke ${token.name}`}
              onConfirm={() => change(() => accountApi.deleteToken(token.id))}
            />
          </li>
        ))}
      </ul>
      {created ? (
        <ShownOnce
          text={created.secret}
          note={`This is the secret of “${created.token.name}”. It is shown only now; the hub stores a hash of it.`}
        />
      ) : null}
      <form className="settings-form" onSubmit={create}>
        <TextField
          label="New token for"
          placeholder="e.g. Node-RED"
          maxLength={LIMITS.nameChars}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SelectField
          label="Permission"
          value={scope}
          options={[...SCOPE_CHOICES]}
          onChange={(event) => setScope(ProgramScope.parse(event.currentTarget.value))}
        />
        <FormSubmit busy={busy} disabled={name.trim() === ''}>
          Create token
        </FormSubmit>
      </form>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
