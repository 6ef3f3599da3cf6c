import { useLocation } from 'wouter';
import type { DeviceView } from '#protocol/http/devices.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';

interface LeftUnitsProps {
  readonly device: DeviceView;
  /** Units whose device was unregistered. */
  readonly units: readonly Pick<UnitView, 'id' | 'name'>[];
}

/** A device in place of another: the unit keeps its history, and reads it by the same mapping. */
export function LeftUnits({ device, units }: LeftUnitsProps) {
  const { siteApi } = useServices();
  const [, navigate] = useLocation();
  const { busy, code, run } = useAction();
  if (units.length === 0) return null;
  const attach = (id: UnitView['id']) =>
    run(async () => {
      const endpoint = { kind: 'mqtt_device', deviceId: device.id } as const;
      await siteApi.changeUnit(id, { endpoint });
      navigate(`/units/${id}`);
    });
  return (
    <section className="panel stack" aria-labelledby="left-units">
      <h2 id="left-units">In place of another device</h2>
      <p className="soft">The device of these units was unregistered. Their history stays.</p>
      <ul className="plain-list">
        {units.map(({ id, name }) => (
          <li key={id} className="settings-row">
            <span>{name}</span>
            <Button
              variant="default"
              disabled={busy}
              aria-label={`Use it for ${name}`}
              onClick={() => attach(id)}
            >
              Use it for this unit
            </Button>
          </li>
        ))}
      </ul>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
