import { type SubmitEvent, useState } from 'react';
import type { FoundUnit, ProbeAnswer, ProbeOutcome } from '#protocol/hub-link/discovery.ts';
import type { BaseId } from '#protocol/ids.ts';
import { DEFAULT_UNIT_PORT, UnitAddress } from '#protocol/unit-address.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';
import { useReadable } from '../../components/use-readable.ts';
import { probeText } from './probe-text.ts';
import { LinkFields } from '../link-fields.tsx';
import { AddressFields, type NewUnitDraft, readAddress } from '../unit-fields.tsx';
import { FoundList } from './found-list.tsx';
import { NewBoard } from './new-board.tsx';
import { ProbeResult } from './probe-result.tsx';
import { useUnitSearch } from './use-unit-search.ts';

interface FindUnitProps {
  readonly baseId: BaseId;
  readonly draft: NewUnitDraft;
  readonly onChange: (draft: NewUnitDraft) => void;
  /** @param outcome what answered at the draft's address. */
  readonly onNext: (draft: NewUnitDraft, outcome: ProbeOutcome) => void;
}

/** Which unit is to be added: one that the base finds, one at an address, or a new board. */
export function FindUnit({ baseId, draft, onChange, onNext }: FindUnitProps) {
  const { siteApi } = useServices();
  const { store } = useSite();
  const base = useReadable(store.bases.at(baseId));
  const search = useUnitSearch(baseId);
  const { busy, code, run } = useAction();
  const [checking, setChecking] = useState<string>();
  const [probed, setProbed] = useState<ProbeAnswer>();
  const address = UnitAddress.safeParse(readAddress(draft));
  const type = (typed: NewUnitDraft) => {
    setProbed(undefined);
    onChange(typed);
  };
  const check = (where: UnitAddress, onAnswer: (answer: ProbeAnswer) => void) => {
    setProbed(undefined);
    run(async () => onAnswer(await siteApi.probe(baseId, where)));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecking(undefined);
    if (address.success) check(address.data, setProbed);
  };
  const choose = ({ hardwareId, address: at }: FoundUnit) => {
    setChecking(hardwareId);
    const chosen: NewUnitDraft = {
      ...draft,
      host: at.host,
      port: String(at.port),
      link: 'frames',
      name: draft.name === '' ? hardwareId : draft.name,
    };
    onChange(chosen);
    // What announced itself may be gone by now, or never have been there.
    check(at, (answer) => {
      if (probeText(answer).isUnit) onNext(chosen, answer.outcome);
      else setProbed(answer);
    });
  };
  const goOn = (answer: ProbeAnswer) => {
    const { link = draft.link } = probeText(answer);
    onNext({ ...draft, link: draft.link === 'frames' ? link : draft.link }, answer.outcome);
  };
  return (
    <div className="stack">
      <h1>Which unit?</h1>
      <p className="soft">{base?.name ?? 'The base'} looks for units on its own network.</p>
      <FoundList
        baseId={baseId}
        search={search}
        checking={busy ? checking : undefined}
        onChoose={choose}
      />
      <section className="panel stack" aria-label="By its address">
        <form className="stack" onSubmit={submit}>
          <h2>By its address</h2>
          <p className="soft">
            As the unit prints it on its serial port or your router lists it. Units listen on port{' '}
            {DEFAULT_UNIT_PORT}.
          </p>
          <AddressFields draft={draft} onChange={(typed) => type({ ...draft, ...typed })} />
          <LinkFields link={draft.link} onChange={(link) => onChange({ ...draft, link })} />
          <div>
            <Button
              type="submit"
              size="md"
              variant={probed ? 'default' : 'filled'}
              loading={busy && checking === undefined}
              disabled={!address.success}
            >
              {probed ? 'Check again' : 'Check this address'}
            </Button>
          </div>
        </form>
        {code === undefined ? null : <ErrorNote code={code} />}
        {probed ? <ProbeResult answer={probed} onAdd={() => goOn(probed)} /> : null}
      </section>
      <NewBoard serialPorts={search.answer?.serialPorts} />
    </div>
  );
}
