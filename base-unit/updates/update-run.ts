import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type {
  FirmwareReceiver,
  ReceiverAnswer,
  ReceiverStatus,
} from '../drivers/port/firmware-receiver.ts';
import type { UnitSession } from '../drivers/port/unit-driver.ts';
import type { Logger } from 'pino';
import type { ErrorCode } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { FirmwareImage } from '#protocol/update/firmware-file.ts';
import { isUpdateEnd, type UpdateState } from '#protocol/update/update-state.ts';
import type { Clock } from '#platform/clock.ts';
import type { MaintenanceTask } from '../units/maintenance-task.ts';
import { outcomeOfChunk, refusalOf } from './receiver-outcome.ts';

export interface RunDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly firmware: FirmwareImage;
  /** Called at each change of state, and for bytes at a bounded rate. */
  readonly changed: () => void;
  /** Default: `UPDATE_TIMES`. */
  readonly times?: UpdateTimes | undefined;
}

/** How long it rests before it looks again. */
export interface UpdateTimes {
  /** For the unit's restart, and its word that the new firmware works. */
  readonly confirmLookMs: number;
  /** At an output that is on. How long after it went off the update goes on, at most. */
  readonly outputLookMs: number;
}

const UPDATE_TIMES: UpdateTimes = { confirmLookMs: 2_000, outputLookMs: 5_000 };

/** Chunks in flight; the unit accepts four requests, and commands need room among them. */
const CHUNKS_IN_FLIGHT = 2;
const REPORT_BYTES_EVERY_MS = 1_000;
/** The unit hashes between two queries. */
const POLL_MS = 250;
/** After a failure that the unit itself reported; doubles. */
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;
/** How often a unit may store other bytes than were sent, fail to install them, or send an invalid answer. */
const MAX_FAILURES = 3;
/** How often a unit may lose a part of the image: each loss wears its flash, and the loop would never end. */
const MAX_SETBACKS = 16;

type UpdateRequest = (receiver: FirmwareReceiver) => Promise<ReceiverAnswer>;

/** Distinguishes a unit that accepts no firmware at all from one that refuses this one. */
async function requested(
  { firmware }: UnitSession,
  request: UpdateRequest,
): Promise<ReceiverAnswer> {
  return firmware ? request(firmware) : { kind: 'refused', code: 'unit_unsupported' };
}

type Step = 'begin' | 'send' | 'verify' | 'apply' | 'confirm';

/** One image on its way into one unit, over all its connections (docs/flows/update.md). */
export class UpdateRun implements MaintenanceTask {
  readonly #deps: RunDeps;
  readonly #times: UpdateTimes;
  #state: UpdateState;
  #code: ErrorCode | null = null;
  #doneBytes = 0;
  #step: Step = 'begin';
  #dueAtMs = 0;
  #restMs = FIRST_BACKOFF_MS;
  #failures = 0;
  /** What the unit was known to have at most, since the image was last begun anew. */
  #furthestBytes = 0;
  #setbacks = 0;
  #bytesReportedAtMs = -Infinity;
  #session: UnitSession | undefined;

  /** @param state `queued`, or `applying` for one that an earlier run of the base brought so far. */
  constructor(state: UpdateState, deps: RunDeps) {
    this.#state = state;
    this.#deps = deps;
    this.#times = deps.times ?? UPDATE_TIMES;
    if (state === 'applying') this.#doneBytes = deps.firmware.manifest.size;
  }

  get state(): UpdateState {
    return this.#state;
  }

  get code(): ErrorCode | null {
    return this.#code;
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  get isOver(): boolean {
    return isUpdateEnd(this.#state);
  }

  get dueAtMs(): number {
    // Before the first hello there is nothing to know; a connection is wanted all the same.
    return this.isOver ? Infinity : this.#dueAtMs;
  }

  /** The unit is there again: no reason to sit out a rest. */
  wake(): void {
    this.#dueAtMs = 0;
  }

  /** @returns false when it is too late. The unit forgets what it has at its restart or with the next image. */
  cancel(): boolean {
    if (this.isOver || this.#state === 'applying') return false;
    this.#end('failed', 'update_cancelled');
    return true;
  }

  giveUp(code: ErrorCode): void {
    if (!this.isOver) this.#end('failed', code);
  }

  async step(session: UnitSession): Promise<void> {
    if (this.#session !== session) this.#beginSession(session);
    if (this.isOver) return;
    switch (this.#step) {
      case 'begin':
        return this.#begin(session);
      case 'send':
        return this.#send(session);
      case 'verify':
        return this.#verify(session);
      case 'apply':
        return this.#apply(session);
      case 'confirm':
        return this.#confirm(session);
      default:
        this.#step satisfies never;
    }
  }

  /** What was done in an earlier session is requested anew. */
  #beginSession(session: UnitSession): void {
    this.#session = session;
    const { identity } = session;
    if (this.#runsIt(identity)) this.#end('confirmed');
    else if (this.#state !== 'applying') this.#step = 'begin';
    else if (identity.safeMode) this.#end('failed', 'unit_safe_mode');
    else this.#step = 'confirm';
  }

  async #begin(session: UnitSession): Promise<void> {
    const image = this.#deps.firmware;
    const status = await this.#request(session, (receiver) => receiver.begin(image));
    if (status) this.#follow(status);
  }

  /** What the unit says it is at decides what comes next. */
  #follow(status: ReceiverStatus): void {
    const { size } = this.#deps.firmware.manifest;
    this.#doneBytes = Math.min(status.nextOffset, size);
    switch (status.state) {
      case 'receiving':
        // It has all and wants more: there is nothing to send it.
        if (this.#doneBytes === size) {
          this.#fail('unit_protocol_error');
          return;
        }
        if (this.#doneBytes < this.#furthestBytes && !this.#mayBeginAnew()) return;
        this.#step = 'send';
        this.#become('downloading');
        return;
      case 'verifying':
        this.#step = 'verify';
        this.#become('downloading');
        this.#rest(POLL_MS);
        return;
      case 'verified':
        if (status.outputOn) this.#waitForOutput();
        else {
          this.#step = 'apply';
          this.#become('verified');
        }
        return;
      case 'armed':
        // It was already ordered to install it; the restart follows.
        this.#become('applying');
        this.#step = 'confirm';
        this.#rest(this.#times.confirmLookMs);
        return;
      default:
        this.#fail('unit_protocol_error');
    }
  }

  async #send(session: UnitSession): Promise<void> {
    const { image } = this.#deps.firmware;
    const { chunkBytes } = LIMITS.unitLink;
    const chunks = Array.from({ length: CHUNKS_IN_FLIGHT }, (_, index) => {
      const offset = this.#doneBytes + index * chunkBytes;
      return { offset, data: image.subarray(offset, offset + chunkBytes) };
    }).filter(({ data }) => data.length > 0);
    const answers = await Promise.all(
      chunks.map(async (chunk) => ({
        chunk,
        answer: await requested(session, (receiver) => receiver.chunk(chunk.offset, chunk.data)),
      })),
    );
    for (const { chunk, answer } of answers) {
      const status = this.#read(answer);
      if (!status || this.isOver) return;
      const endBytes = chunk.offset + chunk.data.length;
      switch (outcomeOfChunk(status, { endBytes, size: image.length })) {
        case 'stored':
          this.#stored(endBytes);
          break;
        case 'complete':
          this.#stored(endBytes);
          this.#step = 'verify';
          this.#rest(POLL_MS);
          break;
        case 'misplaced':
          // It has forgotten, or another base interferes: begin again.
          if (this.#mayBeginAnew()) this.#step = 'begin';
          return;
        case 'corrupted':
          this.#fail('update_corrupted');
          return;
        case 'nonsense':
          this.#fail('unit_protocol_error');
          return;
      }
    }
    this.#reportBytes();
  }

  #stored(endBytes: number): void {
    this.#doneBytes = endBytes;
    if (endBytes <= this.#furthestBytes) return;
    this.#furthestBytes = endBytes;
    this.#restMs = FIRST_BACKOFF_MS;
  }

  /** The unit has less than it had. It may, after a rest, and not for ever. */
  #mayBeginAnew(): boolean {
    this.#setbacks += 1;
    if (this.#setbacks > MAX_SETBACKS) {
      this.#end('failed', 'unit_protocol_error');
      return false;
    }
    this.#rest(this.#nextRest());
    return true;
  }

  async #verify(session: UnitSession): Promise<void> {
    const status = await this.#request(session, (receiver) => receiver.query());
    if (!status) return;
    if (status.error === 'bad_hash' || status.state === 'idle') {
      this.#fail('update_corrupted');
    } else {
      this.#follow(status);
    }
  }

  async #apply(session: UnitSession): Promise<void> {
    // Stored first: whatever happens now, the unit may come back with the new firmware.
    this.#become('applying');
    this.#step = 'confirm';
    const status = await this.#request(session, (receiver) => receiver.apply());
    if (!status) return;
    if (status.state === 'armed') this.#rest(this.#times.confirmLookMs);
    else if (status.error === 'output_on') this.#waitForOutput();
    else this.#fail('unit_protocol_error');
  }

  /** A relay is on, say: its restart is for whoever needs it on to allow. */
  #waitForOutput(): void {
    this.#step = 'verify';
    this.#rest(this.#times.outputLookMs);
    this.#become('verified', 'update_output_on');
  }

  /** It restarted, or was cut: what became of the image? */
  async #confirm(session: UnitSession): Promise<void> {
    const status = await this.#request(session, (receiver) => receiver.query());
    if (!status) return;
    const { version } = this.#deps.firmware.manifest;
    if (session.identity.firmwareVersion === version) {
      if (status.confirmed) this.#end('confirmed');
      else this.#rest(this.#times.confirmLookMs);
    } else if (status.state === 'armed') {
      this.#rest(this.#times.confirmLookMs);
    } else if (status.state === 'idle' && status.failedVersion === version) {
      this.#end('rolled_back', 'update_rolled_back');
    } else {
      // The word to install it never arrived, or the power failed before it was done.
      this.#fail('unit_unreachable');
    }
  }

  /** Undefined: what was to be done about it has been done. */
  async #request(
    session: UnitSession,
    request: UpdateRequest,
  ): Promise<ReceiverStatus | undefined> {
    return this.#read(await requested(session, request));
  }

  #read(answer: ReceiverAnswer): ReceiverStatus | undefined {
    if (this.isOver) return undefined;
    if (answer.kind === 'later') {
      this.#retryLater(answer.code);
      return undefined;
    }
    const code = answer.kind === 'refused' ? answer.code : refusalOf(answer.status.error);
    if (code !== undefined) {
      this.#end('failed', code);
      return undefined;
    }
    if (answer.kind !== 'status') return undefined;
    const { error } = answer.status;
    if (error === 'unconfirmed' || error === 'no_memory') {
      this.#rest(this.#times.confirmLookMs);
      return undefined;
    }
    return answer.status;
  }

  /** The connection is gone, or the unit has no time: it goes on from where the unit is. */
  #retryLater(code: ErrorCode): void {
    this.#rest(this.#nextRest());
    if (this.#state === 'applying') return;
    this.#step = 'begin';
    if (code !== 'unit_busy') this.#become('queued', code);
  }

  #fail(code: ErrorCode): void {
    this.#failures += 1;
    if (this.#failures >= MAX_FAILURES) {
      this.#end('failed', code);
      return;
    }
    this.#doneBytes = 0;
    this.#furthestBytes = 0;
    this.#step = 'begin';
    this.#rest(this.#nextRest());
    this.#become('queued', code);
  }

  #runsIt({ firmwareVersion, safeMode, unconfirmed }: UnitIdentity): boolean {
    const { version } = this.#deps.firmware.manifest;
    return firmwareVersion === version && !safeMode && !unconfirmed;
  }

  #nextRest(): number {
    const restMs = this.#restMs;
    this.#restMs = Math.min(MAX_BACKOFF_MS, restMs * 2);
    return restMs;
  }

  #rest(ms: number): void {
    this.#dueAtMs = this.#deps.clock.monotonicMs() + ms;
  }

  #reportBytes(): void {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#bytesReportedAtMs < REPORT_BYTES_EVERY_MS) return;
    this.#bytesReportedAtMs = now;
    this.#deps.changed();
  }

  #end(state: 'confirmed' | 'failed' | 'rolled_back', code: ErrorCode | null = null): void {
    if (state === 'confirmed') this.#doneBytes = this.#deps.firmware.manifest.size;
    this.#become(state, code);
  }

  #become(state: UpdateState, code: ErrorCode | null = null): void {
    if (this.#state === state && this.#code === code) return;
    this.#state = state;
    this.#code = code;
    this.#deps.log.info({ state, code, doneBytes: this.#doneBytes }, 'firmware update');
    this.#deps.changed();
  }
}
