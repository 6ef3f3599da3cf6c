import { Button } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { errorEntry } from '#protocol/errors.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { Tile } from '../components/tile.tsx';
import { useReadable } from '../components/use-readable.ts';
import { useUnitPresence } from '../components/use-unit-presence.ts';

interface FoundUnitProps {
  readonly unitId: UnitId;
  readonly onAnother: () => void;
}

/** The unit just added: what it says of itself, or why nothing was heard yet. */
export function FoundUnit({ unitId, onAnother }: FoundUnitProps) {
  const { store } = useSite();
  const unit = useReadable(store.units.at(unitId));
  const [, navigate] = useLocation();
  if (!unit) return null;
  // The base knows what older firmware can do before it was ever reached.
  const isThere = unit.link === 'frames' || unit.presence.state === 'ready';
  const found = isThere ? unit.description : null;
  return (
    <div className="view view-narrow">
      <h1>{found ? `Found: ${found.title}` : `${unit.name} is added`}</h1>
      <div role="status" className="stack-tight">
        {found ? <Described unit={unit} description={found} /> : <NotYet unit={unit} />}
      </div>
      {found ? (
        <div className="found-tile">
          <Tile unitId={unitId} />
        </div>
      ) : null}
      <div className="row-wrap">
        <Button size="md" onClick={() => navigate('/')}>
          To the board
        </Button>
        <Button size="md" variant="default" onClick={onAnother}>
          Add another
        </Button>
      </div>
    </div>
  );
}

interface DescribedProps {
  readonly unit: UnitView;
  readonly description: ThingDescription;
}

function Described({ unit, description }: DescribedProps) {
  const titles = [
    ...Object.entries(description.properties),
    ...Object.entries(description.actions),
  ].map(([name, { title }]) => title ?? name);
  return (
    <>
      <Signal
        tone="proven"
        word={unit.link === 'line-lamp' ? 'It takes connections' : 'It answers'}
      />
      <p className="soft">It can: {titles.join(', ')}.</p>
    </>
  );
}

function NotYet({ unit }: { readonly unit: UnitView }) {
  const { code } = unit.presence;
  const presence = useUnitPresence(unit);
  return (
    <>
      <Signal tone={presence.tone === 'proven' ? 'waiting' : presence.tone} word={presence.word} />
      <p>
        {code === undefined
          ? (presence.reason ?? 'The base is trying to reach it.')
          : errorEntry(code).message}{' '}
        {code === undefined ? null : <span className="code">{code}</span>}
      </p>
      {code === 'unit_key_missing' ? <HowToGiveKey unit={unit} /> : <WhereItTries unit={unit} />}
    </>
  );
}

/** The key is the base's and the unit's own: it does not pass through here. */
function HowToGiveKey({ unit }: { readonly unit: UnitView }) {
  const { host, port } = unit.address;
  return (
    <p className="soft">
      On the base run <span className="code">{`signalbox base unit-key ${host}:${port}`}</span> and
      give the unit the key that it prints; with <span className="code">--key-file</span> it takes
      the key that the unit has already.
    </p>
  );
}

function WhereItTries({ unit }: { readonly unit: UnitView }) {
  return (
    <p className="soft">
      The base keeps trying at{' '}
      <span className="number">
        {unit.address.host}:{unit.address.port}
      </span>
      ; you need not wait here. Is the unit powered and in the same network? The address can be
      changed on <Link href={`/units/${unit.id}`}>its page</Link>.
    </p>
  );
}
