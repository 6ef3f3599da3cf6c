import { type SubmitEvent, useCallback, useState } from 'react';
import { Role } from '#protocol/access/roles.ts';
import type { InvitationCreated } from '#protocol/http/accounts.ts';
import { fromInstant } from '#protocol/json.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { useServices, useSignedIn } from '../../components/services.ts';
import { useMay } from '../../components/use-may.ts';
import { invitationLink } from '../../format/invitation-link.ts';
import { absoluteText } from '../../format/time-text.ts';
import { AcceptInvitation } from './accept-invitation.tsx';
import { RemoveButton } from '../../components/remove-button.tsx';
import { ShownOnce } from './shown-once.tsx';
import { useList } from './use-list.ts';
import { FormSubmit } from './form-submit.tsx';

/** Who belongs to the site, and inviting others. */
export function MemberSettings() {
  const { accountApi } = useServices();
  const { site, user } = useSignedIn();
  const { siteId } = site;
  const mayManage = useMay('member.manage');
  const mayList = useMay('member.list');
  const fetchRows = useCallback(
    async () => (mayList ? await accountApi.members(siteId) : []),
    [accountApi, mayList, siteId],
  );
  const { rows, busy, code, change } = useList(fetchRows);
  const [role, setRole] = useState<Role>('member');
  const [invitation, setInvitation] = useState<InvitationCreated>();
  const invite = (event: SubmitEvent) => {
    event.preventDefault();
    change(async () => setInvitation(await accountApi.invite(siteId, { role })));
  };
  return (
    <section className="panel stack" aria-labelledby="settings-members">
      <h2 id="settings-members">Members</h2>
      <ul className="plain-list">
        {rows?.map((member) => (
          <li key={member.user.id} className="settings-row">
            <span className="stack-tight">
              <strong>{member.user.name}</strong>
              <span className="soft small">
                {member.user.email} · {member.role}
              </span>
            </span>
            {mayManage || member.user.id === user.id ? (
              <RemoveButton
                label={member.user.id === user.id ? 'Leave…' : 'Remove…'}
                question={member.user.id === user.id ? 'Leave' : `Remove ${member.user.name}`}
                onConfirm={() => change(() => accountApi.removeMember(siteId, member.user.id))}
              />
            ) : null}
          </li>
        ))}
        {mayList ? null : (
          <li className="settings-row">
            <span className="soft">You are a guest of this site.</span>
            <RemoveButton
              label="Leave…"
              question="Leave"
              onConfirm={() => change(() => accountApi.removeMember(siteId, user.id))}
            />
          </li>
        )}
      </ul>
      {mayManage ? (
        <form className="settings-form" onSubmit={invite}>
          <SelectField
            label="Invite someone as"
            value={role}
            options={[
              { value: 'guest', label: 'Guest: can view' },
              { value: 'member', label: 'Member: can view and control' },
              { value: 'manager', label: 'Manager: can also set up units and firmware' },
              { value: 'owner', label: 'Owner: can also manage members and bases' },
            ]}
            onChange={(event) => setRole(Role.parse(event.currentTarget.value))}
          />
          <FormSubmit busy={busy}>Invite</FormSubmit>
        </form>
      ) : null}
      {invitation ? (
        <ShownOnce
          text={invitationLink(window.location.origin, invitation.hubUrls, invitation.code)}
          note={`Send this link to the person. It works once, until ${absoluteText(fromInstant(invitation.expiresAt))}, and is shown only now.`}
        />
      ) : null}
      <AcceptInvitation />
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
