import type { Json } from '../json.ts';
import { type MappingBuilder, unitOf } from './mapping-builder.ts';

const MAX_DEPTH = 3;
/** Members that say nothing that is measured. */
const NO_VALUES: ReadonlySet<string> = new Set([
  ...['Time', 'Id', 'Address', 'TotalStartTime'],
  ...['TempUnit', 'PressureUnit', 'SpeedUnit', 'VolumeUnit'],
]);

interface Measured {
  readonly unit: string;
  /** After `sensor.`. */
  readonly meaning: string;
}

/** What the names of values mean, as Tasmota uses them for all sensors. */
const MEASURED: ReadonlyMap<string, Measured> = new Map(
  Object.entries({
    Humidity: { unit: '%', meaning: 'humidity' },
    Illuminance: { unit: 'lx', meaning: 'illuminance' },
    CarbonDioxide: { unit: 'ppm', meaning: 'carbon_dioxide' },
    eCO2: { unit: 'ppm', meaning: 'carbon_dioxide' },
    TVOC: { unit: 'ppb', meaning: 'tvoc' },
    'PM2.5': { unit: 'µg/m³', meaning: 'pm25' },
    PM10: { unit: 'µg/m³', meaning: 'pm10' },
    Power: { unit: 'W', meaning: 'power' },
    ApparentPower: { unit: 'VA', meaning: 'apparent_power' },
    ReactivePower: { unit: 'var', meaning: 'reactive_power' },
    Voltage: { unit: 'V', meaning: 'voltage' },
    Current: { unit: 'A', meaning: 'current' },
    Frequency: { unit: 'Hz', meaning: 'frequency' },
    Today: { unit: 'kWh', meaning: 'energy' },
    Yesterday: { unit: 'kWh', meaning: 'energy' },
    Total: { unit: 'kWh', meaning: 'energy' },
    Distance: { unit: 'cm', meaning: 'distance' },
  }),
);

/** Adds all that a message `SENSOR` measures: the numbers in it, and the switches. */
export function addTasmotaSensors(builder: MappingBuilder, sensors: Json, topic: string): void {
  if (typeof sensors !== 'object' || sensors === null || Array.isArray(sensors)) return;
  const units = {
    temperature: `°${textAt(sensors['TempUnit']) ?? 'C'}`,
    pressure: textAt(sensors['PressureUnit']) ?? 'hPa',
  };
  const sensorNames = Object.keys(sensors).filter((name) => !NO_VALUES.has(name));
  const isOnly = sensorNames.length === 1;
  for (const { steps, value } of leavesOf(sensors, [])) {
    const last = steps.at(-1) ?? '';
    // One sensor alone needs no name before its values.
    const name = (isOnly && steps.length > 1 ? steps.slice(1) : steps).join(' ');
    const pointer = steps
      .map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('');
    const source = { topic, form: { kind: 'json', pointer }, isOptional: true } as const;
    if (typeof value === 'number') {
      const known = measuredBy(last, units);
      builder.property({
        ...{ name, source },
        ...(known ? { semantic: `sensor.${known.meaning}` } : {}),
        schema: { type: 'number', ...unitOf(known?.unit) },
      });
    } else if (value === 'ON' || value === 'OFF') {
      builder.property({ name, source, schema: { type: 'boolean' } });
    } else {
      builder.leaveOut(name, 'is neither a number nor a switch');
    }
  }
}

function measuredBy(
  name: string,
  units: Readonly<Record<'temperature' | 'pressure', string>>,
): Measured | undefined {
  if (name === 'Temperature' || name === 'DewPoint')
    return { unit: units.temperature, meaning: 'temperature' };
  if (name === 'Pressure' || name === 'SeaPressure')
    return { unit: units.pressure, meaning: 'pressure' };
  return MEASURED.get(name);
}

interface Leaf {
  readonly steps: readonly string[];
  readonly value: Json;
}

function leavesOf(document: Readonly<Record<string, Json>>, at: readonly string[]): Leaf[] {
  return Object.entries(document).flatMap(([name, value]): Leaf[] => {
    if (NO_VALUES.has(name)) return [];
    const steps = [...at, name];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return [{ steps, value }];
    }
    return steps.length < MAX_DEPTH ? leavesOf(value, steps) : [];
  });
}

function textAt(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
