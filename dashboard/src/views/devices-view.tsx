import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { createDeviceApi } from '#client/device-api.ts';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/empty-note.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Skeleton } from '../components/skeleton.tsx';
import { useMay } from '../components/use-may.ts';
import { DeviceHandover } from './devices/device-handover.tsx';
import { DeviceRegister } from './devices/device-register.tsx';
import { DeviceRow } from './devices/device-row.tsx';
import { useList } from './settings/use-list.ts';
import { StatusLine } from './status-line.tsx';
import './settings-view.css';
import './devices-view.css';

/** How soon a device that connected or disconnected is shown so. */
const LOOK_EVERY_MS = 10_000;

/** Devices that connect to the hub by MQTT: what there is, and how another one connects. */
export function DevicesView() {
  const { http, clock } = useServices();
  const { siteId } = useSite();
  const api = useMemo(() => createDeviceApi(http), [http]);
  const fetchDevices = useCallback(async () => (await api.list(siteId)).devices, [api, siteId]);
  const { rows: devices, busy, code, change } = useList(fetchDevices);
  const [made, setMade] = useState<DeviceCredential>();
  const mayManage = useMay('device.manage');
  const reload = useCallback(() => change(() => Promise.resolve()), [change]);
  useEffect(() => {
    document.title = 'Devices · Signalbox';
  }, []);
  useEffect(() => clock.after(LOOK_EVERY_MS, reload), [clock, reload, devices]);
  return (
    <div className="view view-narrow">
      <div className="row-wrap spread">
        <BackLink href="/settings">Settings</BackLink>
        <StatusLine />
      </div>
      <h1>Devices</h1>
      {made ? <DeviceHandover made={made} onDone={() => setMade(undefined)} /> : null}
      <section className="panel stack" aria-labelledby="devices-list">
        <div className="row-wrap spread">
          <h2 id="devices-list">Connected by MQTT</h2>
          <Link href="/topics" className="touch">
            Open topics
          </Link>
        </div>
        {devices === undefined && code === undefined ? <Skeleton height="3.25rem" /> : null}
        {devices?.length === 0 ? (
          <EmptyNote
            title="No devices yet"
            text={
              mayManage
                ? 'Anything that speaks MQTT can connect: ESPHome, Tasmota, an Arduino, a script. Register it, and it gets its own certificate or password.'
                : 'An owner or manager of the site can register devices that connect by MQTT.'
            }
          />
        ) : null}
        {devices === undefined || devices.length === 0 ? null : (
          <ul className="plain-list">
            {devices.map((device) => (
              <DeviceRow key={device.id} {...{ device, api, mayManage, change }} onMade={setMade} />
            ))}
          </ul>
        )}
        {code === undefined ? null : (
          <ErrorNote code={code}>
            <Button variant="default" loading={busy} onClick={reload}>
              Try again
            </Button>
          </ErrorNote>
        )}
      </section>
      {mayManage ? (
        <DeviceRegister
          api={api}
          onMade={(credential) => {
            setMade(credential);
            reload();
          }}
        />
      ) : null}
    </div>
  );
}
