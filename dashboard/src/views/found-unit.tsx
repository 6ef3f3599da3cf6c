import { Link, useLocation } from 'wouter';
import { errorEntry } from '#protocol/errors.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { ProbeOutcome } from '#protocol/hub-link/discovery.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { BaseEndpoint, UnitEndpoint } from '#protocol/unit-endpoint.ts';
import { speaksFrames } from '../state/carrier.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { Button } from '../components/button.tsx';
import { useSite } from '../components/services.ts';
import { HowToGiveKey } from './add-unit/how-to-give-key.tsx';
import { Signal } from '../components/signal.tsx';
import { Tile } from '../components/tile.tsx';
import { useReadable } from '../components/use-readable.ts';
import { useUnitPresence } from '../components/use-unit-presence.ts';

interface FoundUnitProps {
  readonly unitId: UnitId;
  /** The probe's answer before it was added; undefined: not probed. */
  readonly outcome: ProbeOutcome | undefined;
  readonly onAnother: () => void;
}

/** The unit just added: its description, or why it has not answered yet. */
export function FoundUnit({ unitId, outcome, onAnother }: FoundUnitProps) {
  const { store } = useSite();
  const unit = useReadable(store.units.at(unitId));
  const [, navigate] = useLocation();
  if (!unit) return null;
  // The base knows what older firmware can do before it was ever reached.
  const isThere = speaksFrames(unit.endpoint) || unit.presence.state === 'ready';
  const found = isThere ? unit.description : null;
  return (
    <div className="view view-narrow">
      <h1>{found ? `Connected: ${unit.name}` : `${unit.name} is added`}</h1>
      <div role="status" className="stack-tight">
        {found ? (
          <Described unit={unit} description={found} />
        ) : (
          <NotYet unit={unit} outcome={outcome} />
        )}
      </div>
      {found ? (
        <div className="found-tile">
          <h2 className="visually-hidden">On the board</h2>
          <Tile unitId={unitId} />
        </div>
      ) : null}
      <div className="row-wrap">
        <Button size="md" onClick={() => navigate('/')}>
          Go to the board
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
        word={isSilent(unit.endpoint) ? 'Reachable; this lamp never answers' : 'Responding'}
      />
      <p className="soft">Properties and actions: {titles.join(', ')}.</p>
    </>
  );
}

interface NotYetProps {
  readonly unit: UnitView;
  readonly outcome: ProbeOutcome | undefined;
}

function NotYet({ unit, outcome }: NotYetProps) {
  const { endpoint } = unit;
  const { code } = unit.presence;
  const presence = useUnitPresence(unit);
  if (code === 'unit_key_missing' && endpoint.kind === 'base') {
    return <HowToGiveKey address={endpoint.address} outcome={outcome} />;
  }
  return (
    <>
      <Signal tone={presence.tone === 'proven' ? 'waiting' : presence.tone} word={presence.word} />
      <p>
        {code === undefined
          ? (presence.reason ?? 'The base is trying to reach it.')
          : errorEntry(code).message}{' '}
        {code === undefined ? null : <span className="code">{code}</span>}
      </p>
      {endpoint.kind === 'base' ? (
        <WhereItTries unitId={unit.id} address={endpoint.address} />
      ) : null}
    </>
  );
}

/** Some older firmware executes what it is sent, and never answers. */
function isSilent(endpoint: UnitEndpoint): boolean {
  return endpoint.kind === 'base' && endpoint.link === 'line-lamp';
}

interface WhereItTriesProps {
  readonly unitId: UnitId;
  readonly address: BaseEndpoint['address'];
}

function WhereItTries({ unitId, address }: WhereItTriesProps) {
  return (
    <p className="soft">
      The base keeps trying{' '}
      <span className="number">
        {address.host}:{address.port}
      </span>
      . You do not need to wait. Is the unit powered and on the same network? You can change the
      address on <Link href={`/units/${unitId}`}>its page</Link>.
    </p>
  );
}
