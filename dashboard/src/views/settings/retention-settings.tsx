import { type SubmitEvent, useEffect, useState } from 'react';
import { Deletion, type RetentionDays } from '#protocol/retention.ts';
import { asAppError } from '#client/http-client.ts';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { useServices, useSignedIn } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';
import { useMay } from '../../components/use-may.ts';
import { daysText, keptText } from '../../format/kept-text.ts';

const FOR_EVER = 'ever';
const CHOICES = [7, 30, 90, 365, 1_825] as const;
const FIELDS = [
  ['rawDays', 'Single readings'],
  ['minuteDays', 'By the minute'],
  ['hourDays', 'By the hour'],
] as const;

/** How long the readings of the site are kept; what a choice would delete is said before. */
export function RetentionSettings() {
  const { accountApi } = useServices();
  const { site } = useSignedIn();
  const [kept, setKept] = useState<RetentionDays>();
  const [draft, setDraft] = useState<RetentionDays>();
  const [deletion, setDeletion] = useState<Deletion>();
  const { busy, code, run } = useAction();
  const mayChange = useMay('site.set_retention');
  const { siteId } = site;
  useEffect(() => {
    run(async () => setKept(daysOf(await accountApi.retention(siteId))));
  }, [accountApi, siteId, run]);
  const save = (days: RetentionDays, acceptsDeletion: boolean) =>
    run(async () => {
      try {
        setKept(daysOf(await accountApi.setRetention(siteId, { ...days, acceptsDeletion })));
        setDraft(undefined);
        setDeletion(undefined);
      } catch (error) {
        const fault = asAppError(error);
        const details = Deletion.safeParse(fault.details).data;
        if (fault.code !== 'deletion_unconfirmed' || !details) throw error;
        setDeletion(details);
      }
    });
  const shown = draft ?? kept;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (shown) save(shown, false);
  };
  return (
    <section className="panel stack" aria-labelledby="settings-retention">
      <h2 id="settings-retention">Keep readings</h2>
      {shown && !mayChange ? (
        <p className="soft small">{keptText(shown)}. An owner can change it.</p>
      ) : null}
      {shown && mayChange ? (
        <form className="stack" onSubmit={submit}>
          {FIELDS.map(([field, label]) => (
            <SelectField
              key={field}
              label={label}
              value={shown[field] ?? FOR_EVER}
              options={optionsFor(shown[field])}
              onChange={(event) => {
                const { value } = event.currentTarget;
                setDeletion(undefined);
                setDraft({ ...shown, [field]: value === FOR_EVER ? null : Number(value) });
              }}
            />
          ))}
          {deletion ? (
            <>
              <p role="status">{deletionText(deletion)}</p>
              <Confirm
                danger
                busy={busy}
                question="Delete these readings"
                onConfirm={() => save(shown, true)}
                onCancel={() => setDeletion(undefined)}
              />
            </>
          ) : (
            <Button type="submit" variant="default" loading={busy} disabled={!draft}>
              Save
            </Button>
          )}
        </form>
      ) : null}
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}

function daysOf({ rawDays, minuteDays, hourDays }: RetentionDays): RetentionDays {
  return { rawDays, minuteDays, hourDays };
}

function optionsFor(days: number | null) {
  const known = [...new Set(days === null ? CHOICES : [...CHOICES, days])].toSorted(
    (a, b) => a - b,
  );
  return [
    ...known.map((value) => ({ value: String(value), label: daysText(value) })),
    { value: FOR_EVER, label: 'For ever' },
  ];
}

function deletionText({ readings, minutes, hours, isComplete }: Deletion): string {
  const count = (value: number, of: string) => `${value.toLocaleString()} ${of}`;
  const parts = [count(readings, 'readings'), count(minutes, 'minutes'), count(hours, 'hours')];
  return `This deletes ${isComplete ? '' : 'at least '}${parts.join(', ')}. They cannot be restored.`;
}
