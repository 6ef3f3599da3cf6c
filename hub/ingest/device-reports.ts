import { createHash } from 'node:crypto';
import { readAnswer } from '#protocol/device/mapped-answer.ts';
import { readMessage } from '#protocol/device/mapped-message.ts';
import { bagOf, type MessageFacts } from '#protocol/device/property-bag.ts';
import { AppError } from '#protocol/errors.ts';
import { CommandId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Reading } from '#protocol/reading.ts';
import { inChunks } from '#platform/in-chunks.ts';
import { openDeviceCommands } from '../store/device-commands.ts';
import { claimReports, parsedPackets, putPackets, type SeenPacket } from '../store/mapped-units.ts';
import type { MessageRecord } from '../store/mqtt-messages.ts';
import type { Work } from '../store/unit-of-work.ts';
import { type CommandEnds, reportContext } from './command-ends.ts';
import type { GivenCommands } from './given-commands.ts';
import type { MappedDevice } from './mapped-devices.ts';
import type { LostMessages } from './passing-messages.ts';
import type { TelemetryIntake, UnitReport } from './telemetry-intake.ts';

/** More than a client may have sent without an acknowledgement. */
const KEPT_PACKETS = 128;
/** A device has no boots that the hub knows of; its reports are numbered for ever. */
const BOOT_ID = '00000001';

export interface DeviceReportsDeps {
  readonly telemetry: Pick<TelemetryIntake, 'accept'>;
  readonly ends: CommandEnds;
  readonly given: GivenCommands;
}

type Report = Readonly<{ unread: number }>;

/** Makes reports of the messages of one device, in the transaction of its messages. */
export class DeviceReports {
  readonly #deps: DeviceReportsDeps;

  constructor(deps: DeviceReportsDeps) {
    this.#deps = deps;
  }

  /** @returns how many of the messages say something that could not be read or stored. */
  async ingest(
    work: Work,
    device: MappedDevice,
    messages: readonly MessageRecord[],
  ): Promise<Report> {
    const { unit } = device;
    const concerned = messages.filter(
      ({ topic }) => device.namesOf(topic).length > 0 || device.answersAt(topic),
    );
    if (concerned.length === 0) return { unread: 0 };
    const { fresh, packets } = withoutRepeats(concerned, parsedPackets(unit.packetsText));
    if (packets) await putPackets(work.tx, unit.key, packets);
    const read = fresh.map((message) => ({ message, ...readAll(device, message) }));
    let unread = read.filter(({ unreadable }) => unreadable > 0).length;
    const reports = readingReports(device, read);
    const events = eventReports(device, read);
    const count = reports.values + events.length;
    if (count > 0) {
      const last = await claimReports(work.tx, unit.key, count);
      const first = last - count + 1;
      for (const report of reports.from(first)) unread += await this.#accept(work, device, report);
      for (const [index, event] of events.entries()) {
        const seq = first + reports.values + index;
        unread += await this.#accept(work, device, { seq, body: event(seq) });
      }
    }
    await this.#confirm(work, device, read);
    for (const { message } of read) {
      if (device.answersAt(message.topic)) await this.#answer(work, device, message);
    }
    return { unread };
  }

  /** Messages that were not read: each may have had readings. */
  async dropped(
    work: Work,
    device: MappedDevice,
    { count, fromMs, toMs }: LostMessages,
  ): Promise<void> {
    const { unit } = device;
    const seq = await claimReports(work.tx, unit.key, 1);
    const data = { unitId: unit.id, count, fromMs, toMs, reason: 'queue_full' } as const;
    await this.#accept(work, device, { seq, body: { type: 'readings.dropped', data } });
  }

  /** A report that is refused does not undo the others. */
  async #accept(
    work: Work,
    { unit }: MappedDevice,
    { seq, body }: { readonly seq: number; readonly body: UnitReport },
  ): Promise<0 | 1> {
    const nowMs = atOf(body);
    try {
      await work.part(() =>
        this.#deps.telemetry.accept(body, reportContext(work, unit, { seq, nowMs })),
      );
      return 0;
    } catch (error) {
      if (error instanceof AppError && error.code !== 'internal') return 1;
      throw error;
    }
  }

  /** Commands whose property now reports what was desired. */
  async #confirm(
    work: Work,
    { unit, mapping }: MappedDevice,
    read: readonly ReadMessage[],
  ): Promise<void> {
    const byState = new Set(
      mapping.properties
        .filter(({ target }) => target?.confirmation === 'state')
        .map(({ name }) => name),
    );
    const values = read
      .flatMap((one) => one.values)
      .filter(({ property }) => byState.has(property));
    if (values.length === 0) return;
    const { ends, given } = this.#deps;
    const open = await openDeviceCommands(work.tx, unit.device.id, LIMITS.queuedCommandsPerUnit);
    for (const { command, givenTo } of open) {
      if (command.operation !== 'writeproperty' || !givenTo) continue;
      if (!given.mayBeWritten(command.id)) continue;
      const said = values.find(
        ({ property, value }) =>
          property === command.affordance && value === command.input?.or(null),
      );
      if (!said) continue;
      const end = { id: command.id, outcome: 'succeeded', output: said.value } as const;
      await ends.end(work, unit, { ...end, isAnswered: true });
    }
  }

  async #answer(work: Work, { unit }: MappedDevice, message: MessageRecord): Promise<void> {
    const answer = readAnswer(message.payload);
    const id = correlatedId(message) ?? answer.commandId;
    if (id === undefined) return;
    const { output, isFailure } = answer;
    const end = isFailure
      ? ({ outcome: 'failed', code: 'unit_denied' } as const)
      : ({ outcome: 'succeeded' } as const);
    try {
      await work.part(() =>
        this.#deps.ends.end(work, unit, { id, ...end, output, isAnswered: true }),
      );
    } catch (error) {
      // Of another device, or long gone.
      if (!(error instanceof AppError) || error.code === 'internal') throw error;
    }
  }
}

interface ReadMessage {
  readonly message: MessageRecord;
  readonly values: readonly { readonly property: string; readonly value: Reading['value'] }[];
  readonly events: readonly {
    readonly event: string;
    readonly data: Reading['value'] | undefined;
  }[];
  readonly unreadable: number;
}

function readAll(
  { mapping, namesOf }: MappedDevice,
  { topic, payload, properties }: MessageRecord,
): Omit<ReadMessage, 'message'> {
  const facts = { ...factsOf(properties), ...bagOf(topic)?.facts };
  const all = namesOf(topic).map((name) => readMessage(mapping, { topic: name, payload, facts }));
  return {
    values: all.flatMap(({ values }) => values),
    events: all.flatMap(({ events }) => events),
    unreadable: all.reduce((sum, { unreadable }) => sum + unreadable.length, 0),
  };
}

/** Of several of a name the last. */
function factsOf(properties: MessageRecord['properties']): MessageFacts {
  const named = Object.entries(properties?.userProperties ?? {});
  return Object.fromEntries(
    named.map(([name, said]) => [name, typeof said === 'string' ? said : (said.at(-1) ?? '')]),
  );
}

function readingReports({ unit }: MappedDevice, read: readonly ReadMessage[]) {
  const values = read.flatMap(({ message, values: said }) =>
    said.map(({ property, value }) => ({ property, value, atMs: message.storedAtMs })),
  );
  const from = (first: number): { readonly seq: number; readonly body: UnitReport }[] => {
    const readings = values.map(({ property, value, atMs }, index): Reading => ({
      ...{ property, value, measuredAtMs: atMs, receivedAtMs: atMs },
      ...{ clock: 'synced', seq: first + index },
    }));
    return [...inChunks(readings, LIMITS.readingsPerEvent)].map((some) => ({
      seq: some.at(-1)?.seq ?? first,
      body: {
        type: 'readings.recorded',
        data: { unitId: unit.id, bootId: BOOT_ID, readings: [...some] },
      },
    }));
  };
  return { values: values.length, from };
}

function eventReports(
  { unit }: MappedDevice,
  read: readonly ReadMessage[],
): ((seq: number) => UnitReport)[] {
  return read.flatMap(({ message, events }) =>
    events.map(({ event, data }) => (seq: number): UnitReport => ({
      type: 'unit.event',
      data: {
        ...{ unitId: unit.id, bootId: BOOT_ID, seq, event },
        ...(data === undefined ? {} : { data }),
        ...{ measuredAtMs: message.storedAtMs, receivedAtMs: message.storedAtMs },
      },
    })),
  );
}

function atOf(report: UnitReport): number {
  switch (report.type) {
    case 'readings.recorded':
      return report.data.readings.at(-1)?.receivedAtMs ?? 0;
    case 'unit.event':
      return report.data.receivedAtMs;
    case 'readings.dropped':
      return report.data.toMs;
    default:
      return 0;
  }
}

function correlatedId({ properties }: MessageRecord): CommandId | undefined {
  const data = properties?.correlationData;
  if (data === undefined) return undefined;
  return CommandId.safeParse(Buffer.from(data, 'base64').toString()).data;
}

/**
 * Without packets that were read before and are sent again, since their acknowledgement was lost.
 *
 * @returns also what to keep of the packets; undefined: nothing new.
 */
function withoutRepeats(
  messages: readonly MessageRecord[],
  seen: readonly SeenPacket[],
): {
  readonly fresh: readonly MessageRecord[];
  readonly packets: readonly SeenPacket[] | undefined;
} {
  const packets = [...seen];
  const fresh: MessageRecord[] = [];
  for (const message of messages) {
    const { packet } = message;
    if (!packet) {
      fresh.push(message);
      continue;
    }
    const digest = digestOf(message);
    const known = packets.some(([id, before]) => id === packet.id && before === digest);
    if (packet.isDuplicate && known) continue;
    fresh.push(message);
    const index = packets.findIndex(([id]) => id === packet.id);
    if (index !== -1) packets.splice(index, 1);
    packets.push([packet.id, digest]);
  }
  const isChanged = packets.length > 0 && fresh.some(({ packet }) => packet !== undefined);
  return { fresh, packets: isChanged ? packets.slice(-KEPT_PACKETS) : undefined };
}

const DIGEST_CHARS = 11;

function digestOf({ topic, payload }: MessageRecord): string {
  const hash = createHash('sha256').update(topic).update('\0').update(payload);
  return hash.digest('base64url').slice(0, DIGEST_CHARS);
}
