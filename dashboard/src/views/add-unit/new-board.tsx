import { useState } from 'react';
import { Link } from 'wouter';
import { CommandLine } from '../../components/command-line.tsx';
import { useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useReadable } from '../../components/use-readable.ts';
import { shellWord } from '../../format/shell-word.ts';

interface NewBoardProps {
  /** Serial ports that the base sees; undefined while it has not answered. */
  readonly serialPorts: readonly string[] | undefined;
}

const USUAL_PORT = '/dev/ttyUSB0';

/**
 * A board without a network. Its Wi-Fi password and key are only for the base, so this
 * page only shows the command to run there, and the unit when it appears.
 */
export function NewBoard({ serialPorts }: NewBoardProps) {
  const [ssid, setSsid] = useState('');
  const port = serialPorts?.[0] ?? USUAL_PORT;
  const network = ssid === '' ? 'my network' : ssid;
  const command = `signalbox unit provision --port ${shellWord(port)} --ssid ${shellWord(network)}`;
  return (
    <details className="panel add-details">
      <summary>
        <h2>A new board, not on the Wi-Fi yet</h2>
      </summary>
      <div className="stack">
        <p className="soft">
          Plug the board into a USB port of the base’s computer and run this there. It asks for the
          Wi-Fi password, gives the board its own key, and adds it. Password and key stay between
          base and board; the hub never sees them.
        </p>
        <Ports serialPorts={serialPorts} />
        <TextField
          label="Name of the Wi-Fi network"
          description="Used only in the command below. The board supports 2.4 GHz."
          maxLength={32}
          spellCheck={false}
          autoCapitalize="off"
          value={ssid}
          onChange={(event) => setSsid(event.currentTarget.value)}
        />
        <CommandLine text={command} />
        <Appeared />
      </div>
    </details>
  );
}

function Ports({ serialPorts }: NewBoardProps) {
  if (serialPorts === undefined) return null;
  return (
    <div role="status">
      {serialPorts.length === 0 ? (
        <Signal tone="unknown" word="The base sees no board on its USB ports" />
      ) : (
        <Signal tone="proven" word={`The base sees ${serialPorts.join(', ')}`} />
      )}
    </div>
  );
}

/** Units that did not exist when this screen was opened. */
function Appeared() {
  const { store } = useSite();
  const units = useReadable(store.units.all);
  const [before] = useState(() => new Set(units.map(({ id }) => id)));
  const fresh = units.filter(({ id }) => !before.has(id));
  return (
    <div role="status" className="stack-tight">
      {fresh.length === 0 ? (
        <Signal tone="waiting" word="Waiting for the unit, which appears here" />
      ) : (
        fresh.map(({ id, name, presence }) => (
          <p key={id}>
            <Signal
              tone={presence.state === 'ready' ? 'proven' : 'waiting'}
              word={presence.state === 'ready' ? 'Added and connected:' : 'Added:'}
            />{' '}
            <Link href={`/units/${id}`}>{name}</Link>
          </p>
        ))
      )}
    </div>
  );
}
