import { Link } from 'wouter';
import type { FoundUnit } from '#protocol/hub-link/discovery.ts';
import type { BaseId } from '#protocol/ids.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { useReadable } from '../../components/use-readable.ts';
import { ownerOf } from '../../state/found-unit.ts';
import type { SearchView } from '../../state/unit-search.ts';

interface FoundListProps {
  readonly baseId: BaseId;
  readonly search: SearchView;
  /** The address that is being checked. */
  readonly checking: string | undefined;
  readonly onChoose: (unit: FoundUnit) => void;
}

/** Who announces a unit on the network of the base, as it changes. */
export function FoundList({ baseId, search, checking, onChoose }: FoundListProps) {
  const { answer, code } = search;
  return (
    <section className="panel stack" aria-label="Found on the network">
      <div className="row-wrap spread">
        <h2>On the network</h2>
        <div role="status">
          <SearchSignal search={search} />
        </div>
      </div>
      {code === undefined ? null : <ErrorNote code={code} />}
      {answer && answer.units.length > 0 ? (
        <ul className="plain-list">
          {answer.units.map((unit) => (
            <li key={`${unit.hardwareId} ${unit.address.host} ${unit.address.port}`}>
              <FoundRow
                unit={unit}
                baseId={baseId}
                isChecking={checking === unit.hardwareId}
                onChoose={onChoose}
              />
            </li>
          ))}
        </ul>
      ) : null}
      {answer && answer.omitted > 0 ? (
        <p className="soft small">And {answer.omitted} more, which do not fit in this list.</p>
      ) : null}
      {answer?.units.length === 0 ? <NoneFound isSearching={answer.isSearching} /> : null}
    </section>
  );
}

function SearchSignal({ search: { answer, code } }: { readonly search: SearchView }) {
  if (code !== undefined) return <Signal tone="unknown" word="Not searching" />;
  if (answer && !answer.isSearching) return <Signal tone="unknown" word="Discovery is off" />;
  const count = answer ? answer.units.length + answer.omitted : 0;
  if (count === 0) return <Signal tone="waiting" word="Searching…" />;
  return <Signal tone="proven" word={`Searching, ${count} found`} />;
}

function NoneFound({ isSearching }: { readonly isSearching: boolean }) {
  return (
    <p className="soft">
      {isSearching
        ? 'No unit found yet. Is it powered and on the same network as the base? Older firmware cannot be discovered.'
        : 'Discovery is off in this base’s configuration. Enter the address below.'}
    </p>
  );
}

interface FoundRowProps extends Pick<FoundListProps, 'baseId' | 'onChoose'> {
  readonly unit: FoundUnit;
  readonly isChecking: boolean;
}

function FoundRow({ unit, baseId, isChecking, onChoose }: FoundRowProps) {
  const { store } = useSite();
  const units = useReadable(store.units.all);
  const owner = ownerOf(unit, baseId, units);
  const { host, port } = unit.address;
  return (
    <div className="list-row found-row">
      <span className="list-row-main stack-tight">
        <strong>{unit.hardwareId}</strong>
        <span className="soft small">
          {unit.model} at{' '}
          <span className="number">
            {host}:{port}
          </span>
          {owner.kind === 'free' ? `, ${unit.isEncrypted ? 'needs its key' : 'not encrypted'}` : ''}
        </span>
      </span>
      {owner.kind === 'free' ? (
        <Button
          variant="default"
          aria-label={`Add ${unit.hardwareId}`}
          loading={isChecking}
          onClick={() => onChoose(unit)}
        >
          Add
        </Button>
      ) : (
        <Link href={`/units/${owner.unit.id}`} className="small">
          {owner.kind === 'added'
            ? `Added: ${owner.unit.name}`
            : `At another base: ${owner.unit.name}`}
        </Link>
      )}
    </div>
  );
}
