import { useState } from 'react';
import { ProgramScope } from '#protocol/access/roles.ts';
import type { SiteView } from '#protocol/http/accounts.ts';
import type { DeviceLoginView } from '#protocol/http/device-logins.ts';
import { fromInstant } from '#protocol/json.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { useServices } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';
import { useReadable } from '../../components/use-readable.ts';
import { SCOPE_CHOICES } from '../../format/scope-text.ts';

interface ConnectRequestProps {
  readonly login: DeviceLoginView;
  readonly onEnd: (outcome: 'approved' | 'denied') => void;
}

const ENDS = [
  { value: '1', label: 'In 1 day' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: '', label: 'Never' },
];

/** What a program requests, and what the person grants. */
export function ConnectRequest({ login, onEnd }: ConnectRequestProps) {
  const { account, accountApi } = useServices();
  const state = useReadable(account.state);
  const sites = state.kind === 'signed-in' ? state.sites : [];
  const { busy, code, run } = useAction();
  const [scope, setScope] = useState<ProgramScope>(login.scope);
  const [days, setDays] = useState('90');
  const [chosen, setChosen] = useState<readonly SiteView['id'][]>(() => sites.map(({ id }) => id));
  const { userCode } = login;
  const approve = () =>
    run(async () => {
      await accountApi.approveDeviceLogin({
        userCode,
        scope,
        siteIds: [...chosen],
        ...(days === '' ? {} : { expiresInDays: Number(days) }),
      });
      onEnd('approved');
    });
  const deny = () =>
    run(async () => {
      await accountApi.denyDeviceLogin(userCode);
      onEnd('denied');
    });
  return (
    <section className="panel stack" aria-labelledby="connect-request">
      <h2 id="connect-request">
        {login.program} on {login.host} wants to act in your name
      </h2>
      <div className="stack-tight">
        <code className="connect-code connect-code-large">{userCode}</code>
        <p className="soft">
          Approve it only if your own terminal shows exactly this code. Never approve a code that
          someone sent you.
        </p>
      </div>
      <p className="small">
        <HubAge atMs={fromInstant(login.createdAt)} prefix="Requested" /> from {login.address}
        {login.isSameAddress ? ', the same as yours.' : '.'} The program chose its own name and that
        of its machine.
      </p>
      {login.isSameAddress ? null : (
        <p className="connect-warning" role="alert">
          It was requested from another address than yours. If the program is not on one of your
          machines, deny it.
        </p>
      )}
      <SelectField
        label="Permission"
        value={scope}
        options={[...SCOPE_CHOICES]}
        onChange={(event) => setScope(ProgramScope.parse(event.currentTarget.value))}
      />
      <fieldset className="choices">
        <legend>Sites</legend>
        {sites.map(({ id, name }) => (
          <Choice
            key={id}
            type="checkbox"
            label={name}
            checked={chosen.includes(id)}
            onChange={(event) =>
              setChosen(
                event.currentTarget.checked
                  ? [...chosen, id]
                  : chosen.filter((other) => other !== id),
              )
            }
          />
        ))}
      </fieldset>
      <SelectField
        label="Ends"
        value={days}
        options={ENDS}
        onChange={(event) => setDays(event.currentTarget.value)}
      />
      {code === undefined ? null : <ErrorNote code={code} />}
      <div className="row-wrap">
        <Button size="md" loading={busy} disabled={chosen.length === 0} onClick={approve}>
          Approve
        </Button>
        <Button size="md" variant="default" disabled={busy} onClick={deny}>
          Deny
        </Button>
      </div>
    </section>
  );
}
