import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { gpsMapping } from '#protocol/device/gps-mapping.ts';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { HistoryAnswer, UnitView } from '#protocol/http/units.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf, registerDevice } from '../../testing/device-site.ts';
import { addDeviceUnit } from '../../testing/device-unit.ts';
import { sharedMqttHub } from '../../testing/shared-mqtt-hub.ts';

const { theHub } = sharedMqttHub();

/** What the quickstarts know: nothing but their three environment variables. */
function environmentOf(made: DeviceCredential) {
  const { hostname, port } = new URL(theHub().hub.addresses.mqtts ?? '');
  return {
    ...{ HIVEMQ_HOST: hostname, HIVEMQ_USERID: made.device.clientId },
    ...{ HIVEMQ_PASSWORD: passwordOf(made), port: Number(port), ca: made.ca },
  };
}

/** Connects as they do: no client id, so that mqtt.js makes one up. */
async function connectAs(made: DeviceCredential, more: IClientOptions = {}): Promise<MqttClient> {
  const { HIVEMQ_HOST, HIVEMQ_USERID, HIVEMQ_PASSWORD, port, ca } = environmentOf(made);
  const client = connect({
    ...{ host: HIVEMQ_HOST, port, protocol: 'mqtts', ca },
    ...{ username: HIVEMQ_USERID, password: HIVEMQ_PASSWORD },
    ...more,
  });
  onTestFinished(() => void client.end(true));
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
  return client;
}

/** What the receivers print. */
function printedBy(client: MqttClient): string[] {
  const printed: string[] = [];
  client.on('message', (topic, message) => {
    printed.push(`Received message: ${topic} ${message.toString()}`);
  });
  return printed;
}

async function unitView(id: string): Promise<UnitView> {
  return await theHub().owner.client.request(UnitView, { path: `/api/units/${id}` });
}

/** As the GPS sender makes it of a sentence GPGGA. */
function gpgga(latitude: string, longitude: string, satellites: number): string {
  return JSON.stringify({
    ...{ id: 'GPGGA', time: '123519.00', latitude, longitude, fix: 1, satellites, hdop: 1 },
    ...{ altitude: 545.4, aboveGeoid: 46.9, dgpsUpdate: '', dgpsReference: '' },
  });
}

describe('the quickstart “simple”', () => {
  it('sends its count to my/test/topic, and receives it', async () => {
    const made = await registerDevice(theHub().owner, { name: 'simple' });
    const receiver = await connectAs(made);
    const printed = printedBy(receiver);
    await receiver.subscribeAsync('my/test/topic');
    const sender = await connectAs(made);
    for (const count of ['0', '1', '2']) await sender.publishAsync('my/test/topic', count);
    await until('all came', () => printed.length === 3);
    expect(printed).toEqual(['0', '1', '2'].map((n) => `Received message: my/test/topic ${n}`));
  });

  it('hands on bytes as they are', async () => {
    const made = await registerDevice(theHub().owner, { name: 'binary' });
    const receiver = await connectAs(made);
    const got: Buffer[] = [];
    receiver.on('message', (_topic, payload) => got.push(payload));
    await receiver.subscribeAsync('my/test/topic');
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await (await connectAs(made)).publishAsync('my/test/topic', bytes);
    await until('it came', () => got.length === 1);
    expect(got[0]?.equals(bytes)).toBe(true);
  });
});

describe('the quickstart “gps”', () => {
  it('sends positions to remote/gps: received, and a unit with its history', async () => {
    const { made, unit } = await addDeviceUnit(theHub().owner, gpsMapping('remote/gps'), 'gps');
    const receiver = await connectAs(made);
    const printed = printedBy(receiver);
    await receiver.subscribeAsync('remote/gps');
    const sender = await connectAs(made);
    const positions = [gpgga('48.11730000', '11.51666667', 8), gpgga('48.11740000', '-11.5', 9)];
    for (const position of positions) await sender.publishAsync('remote/gps', position);
    await until('both came', () => printed.length === 2);
    expect(printed).toEqual(positions.map((text) => `Received message: remote/gps ${text}`));
    const { reported } = await until('they are read', async () => {
      const view = await unitView(unit.id);
      return view.reported['satellites']?.value === 9 ? view : undefined;
    });
    expect(reported).toMatchObject({
      ...{ latitude: { value: 48.1174 }, longitude: { value: -11.5 }, fix: { value: 1 } },
      altitude: { value: 545.4 },
    });
    const path = `/api/units/${unit.id}/history?property=latitude&from=0&to=9999999999999&resolution=raw`;
    const { points } = await theHub().owner.client.request(HistoryAnswer, { path });
    expect(points.map(({ last }) => last)).toEqual([48.1173, 48.1174]);
    // A sentence without a fix.
    const nowhere = gpgga('', '', 0).replace('"fix":1', '"fix":0').replaceAll('""', 'null');
    await sender.publishAsync('remote/gps', nowhere);
    const after = await until('it is read', async () => {
      const view = await unitView(unit.id);
      return view.reported['fix']?.value === 0 ? view : undefined;
    });
    expect(after.reported['latitude']?.value).toBe(48.1174);
  });
});

describe('telemetry as Azure’s devices send it', () => {
  const topic = 'devices/pi/messages/events';
  const property = (name: string, schema: object, source: object) => ({ name, schema, source });
  const form = (pointer: string) => ({ topic, form: { kind: 'json' as const, pointer } });
  const mapping = {
    ...{ model: 'Weather', actions: [], events: [] },
    properties: [
      property('temperature', { type: 'number', unit: '°C' }, form('/temperature')),
      property('humidity', { type: 'number', unit: '%' }, form('/humidity')),
      property(
        'alert',
        { type: 'boolean' },
        { topic, form: { kind: 'text' }, fact: 'temperatureAlert' },
      ),
    ],
  };
  const telemetry = (temperature: number): string =>
    JSON.stringify({ node: 'pi', temperature, humidity: 60.5, time: '2021-05-01T10:00:00.000Z' });

  it('is readings, and its properties are flags: after the topic, or of MQTT 5', async () => {
    const { made, unit } = await addDeviceUnit(theHub().owner, DeviceMapping.parse(mapping), 'pi');
    const reports = async (temperature: number, alert: boolean) =>
      await until(`${temperature}`, async () => {
        const { reported } = await unitView(unit.id);
        return reported['temperature']?.value === temperature && reported['alert']?.value === alert;
      });
    const older = await connectAs(made, { protocolVersion: 4, clientId: 'pi' });
    await older.publishAsync(`${topic}/temperatureAlert=true`, telemetry(31), { qos: 1 });
    await reports(31, true);
    await older.publishAsync(`${topic}/?temperatureAlert=false`, telemetry(21), { qos: 1 });
    await reports(21, false);
    await older.endAsync();
    const newer = await connectAs(made, { protocolVersion: 5, clientId: 'pi' });
    const userProperties = { temperatureAlert: 'true' };
    await newer.publishAsync(topic, telemetry(32), { qos: 1, properties: { userProperties } });
    await reports(32, true);
    // Without it nothing is said of it.
    await newer.publishAsync(topic, telemetry(20), { qos: 1 });
    await reports(20, true);
  });
});
