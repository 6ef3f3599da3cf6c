import { useCallback, useEffect, useMemo } from 'react';
import { createDeviceApi } from '#client/device-api.ts';
import { createMappingApi } from '#client/mapping-api.ts';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { PageNote } from '../components/page-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Skeleton } from '../components/skeleton.tsx';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { DeviceOffersPanel } from './devices/device-offers.tsx';
import { LeftUnits } from './devices/left-units.tsx';
import { MappingEditor } from './devices/mapping-editor.tsx';
import { useList } from './settings/use-list.ts';
import './settings-view.css';
import './devices-view.css';
import './device-unit-view.css';

/** What the messages of a device mean: what makes a unit of it. */
export function DeviceUnitView({ deviceId }: { readonly deviceId: string }) {
  const { http } = useServices();
  const { siteId, store } = useSite();
  const roster = useReadable(store.roster);
  const mayManage = useMay('unit.manage');
  const api = useMemo(() => ({ ...createDeviceApi(http), ...createMappingApi(http) }), [http]);
  const unitId = roster.find(
    ({ endpoint }) => endpoint.kind === 'mqtt_device' && endpoint.deviceId === deviceId,
  )?.id;
  const fetchAll = useCallback(async () => {
    const { devices } = await api.list(siteId);
    const known = unitId && { unitId, mapping: await api.mapping(unitId) };
    const ids = devices.map(({ id }) => id);
    return devices
      .filter(({ id }) => id === deviceId)
      .map((device) => ({ device, known, registered: new Set<string>(ids) }));
  }, [api, siteId, unitId, deviceId]);
  const { rows, busy, code, change } = useList(fetchAll);
  const found = rows?.[0];
  const left = roster.filter(
    ({ endpoint }) =>
      endpoint.kind === 'mqtt_device' && found?.registered.has(endpoint.deviceId) === false,
  );
  useEffect(() => {
    document.title = `${found?.device.name ?? 'Device'} · Signalbox`;
  }, [found]);
  if (rows && !found) {
    return <PageNote title="There is no such device" text="It may have been unregistered." />;
  }
  return (
    <div className="view view-narrow">
      <BackLink href="/devices">Devices</BackLink>
      <h1>{found?.device.name ?? 'Device'}</h1>
      {found || code !== undefined ? null : <Skeleton height="12rem" />}
      {code === undefined ? null : (
        <ErrorNote code={code}>
          <Button variant="default" loading={busy} onClick={() => change(() => Promise.resolve())}>
            Try again
          </Button>
        </ErrorNote>
      )}
      {found && mayManage && !found.known ? <LeftUnits device={found.device} units={left} /> : null}
      {found && mayManage ? <DeviceOffersPanel device={found.device} /> : null}
      {found && mayManage ? (
        <MappingEditor
          key={found.known?.unitId ?? 'new'}
          device={found.device}
          known={found.known || undefined}
        />
      ) : null}
      {found && !mayManage ? (
        <p className="soft">An owner or manager of the site says what its messages mean.</p>
      ) : null}
    </div>
  );
}
