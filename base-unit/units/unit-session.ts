import { create } from '@bufbuild/protobuf';
import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import { Status, SubscribeSchema, type UnitParty } from '#protocol/unit-link/unit_link_pb.ts';
import { Backoff } from '../backoff.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { CommandQueue } from './command-queue.ts';
import { type CommandTask, inDoubt, type TaskEnd, trace } from '../commands/command-task.ts';
import { type ConnectDeps, type ConnectedUnit, connectUnit } from './connect-unit.ts';
import { deliverCommand, type Delivered } from './deliver-command.ts';
import { describedOf, formatBootId } from './described-unit.ts';
import type { Gate } from './gate.ts';
import { tellTime } from './greet-unit.ts';
import { PresenceTracker } from './presence-tracker.ts';
import { ReportReader } from './report-reader.ts';
import { planSubscriptions } from './subscription-plan.ts';
import type { PresenceNow, UnitEvents } from './unit-events.ts';
import type { LinkEnd, LinkListener } from './unit-link.ts';
import { UnitTime } from './unit-time.ts';

export interface UnitSessionDeps extends ConnectDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly sensorIntervalMs: number;
  readonly clockQuality: () => ClockQuality;
  readonly events: UnitEvents;
  /** Whether another unit of this base is known to be this hardware. */
  readonly isElsewhere: (hardwareId: string) => boolean;
}

/** After a command to a unit on demand the connection stays for more of them, and for a fade's end. */
const LINGER_MS = 8_000;
const FADE_MARGIN_MS = 1_000;
/** A unit on demand that has nothing to do is looked after this often ... */
const PROBE_EVERY_MS = 60_000;
/** ... and heard out this long, which its first reports need. */
const PROBE_LINGER_MS = 1_000;
/** What a wrong or too old unit would need is a person; trying often would only disturb it. */
const HOPELESS_RETRY_MS = 60_000;
/** A connection that lasted this long was a good one: the next loss starts with short waits again. */
const STABLE_AFTER_MS = 10_000;
const BUSY_RETRY_MS = 500;
const SUBSCRIBE_TIMEOUT_MS = 5_000;
const TELL_TIME_EVERY_MS = 3_600_000;
/** When the base stops, the command under way may still be answered. */
const CLOSE_PATIENCE_MS = 2_000;

/**
 * The dialogue with one unit, over all its connections: its queue, when to
 * connect, and whether it is there. Never touches another unit's.
 */
export class UnitSession {
  readonly #deps: UnitSessionDeps;
  readonly #log: Logger;
  readonly #queue = new CommandQueue();
  readonly #backoff: Backoff;
  readonly #presence: PresenceTracker;
  readonly #time = new UnitTime();
  readonly #reports: ReportReader;
  #unit: StoredUnit;
  #connected: ConnectedUnit | undefined;
  #connectedAtMs = 0;
  #isConnecting = false;
  #isClosed = false;
  /** Counts the addresses this unit had; a connection to an older one is of no use. */
  #generation = 0;
  #underWay: { readonly task: CommandTask; readonly done: Promise<void> } | undefined;
  #lingerUntilMs = 0;
  #passGate: (() => void) | undefined;
  #cancelDial: CancelTimer | undefined;
  #cancelLinger: CancelTimer | undefined;
  #cancelExpiry: CancelTimer | undefined;
  #cancelPause: CancelTimer | undefined;
  #cancelTellTime: CancelTimer | undefined;

  constructor(unit: StoredUnit, deps: UnitSessionDeps) {
    this.#unit = unit;
    this.#deps = deps;
    this.#log = deps.log.child({ unitId: unit.unitId });
    this.#backoff = new Backoff({ firstMs: 500, mostMs: 30_000, random: deps.random });
    this.#presence = new PresenceTracker(deps.clock.nowMs(), (presence) => {
      this.#log.info({ state: presence.state, code: presence.code }, 'unit presence');
      deps.events.presence(unit.unitId, presence);
    });
    this.#reports = new ReportReader({ ...deps, log: this.#log, time: this.#time });
  }

  get unit(): StoredUnit {
    return this.#unit;
  }

  get presence(): PresenceNow {
    return this.#presence.now;
  }

  get waiting(): number {
    return this.#queue.length + (this.#underWay ? 1 : 0);
  }

  get isConnected(): boolean {
    return this.#connected !== undefined;
  }

  /** What the unit says it is; undefined until it was reached. */
  get hardwareId(): string | null {
    return this.#unit.hardwareId;
  }

  start(delayMs: number): void {
    this.#dialAfter(delayMs);
  }

  retellPresence(): void {
    this.#presence.retell();
  }

  /** Takes a command; its end is told in any case. */
  submit(task: CommandTask): void {
    const { command } = task;
    if (this.#isClosed) {
      this.#finish(task, { outcome: 'rejected', code: 'unit_unknown' });
      return;
    }
    if (command.verb === 'set') this.#supersede(task);
    if (!this.#queue.push(task)) {
      this.#finish(task, { outcome: 'rejected', code: 'queue_full' });
      return;
    }
    this.#armExpiry();
    this.#passGate?.();
    // Somebody asks: no reason to sit out a wait that began when nobody did.
    if (!this.#connected) this.#stopDialTimer();
    this.#pump();
  }

  /** @returns false when it has left already, or was never here. */
  cancel(commandId: CommandId): boolean {
    const [task] = this.#queue.take((waiting) => waiting.command.id === commandId);
    if (!task) return false;
    this.#finish(
      task,
      task.isInDoubt ? inDoubt('link_lost') : { outcome: 'cancelled', code: 'cancelled' },
    );
    return true;
  }

  /** The hub or the configuration says something new about this unit. */
  update(unit: StoredUnit): void {
    const { address } = this.#unit;
    const isMoved = address.host !== unit.address.host || address.port !== unit.address.port;
    this.#unit = unit;
    const hardwareId = this.#connected?.party.hardwareId;
    const isWrong = unit.hardwareId !== null && (hardwareId ?? unit.hardwareId) !== unit.hardwareId;
    if (isMoved) {
      this.#generation += 1;
      this.#connected?.link.goodbye();
      this.#backoff.reset();
      this.#dialAfter(0);
    } else if (isWrong) {
      this.#connected?.link.refuse('unit_wrong');
    }
  }

  /** Gives up the unit: commands that wait are refused. */
  async remove(): Promise<void> {
    for (const task of this.#queue.take(() => true)) {
      this.#finish(task, { outcome: 'rejected', code: 'unit_unknown' });
    }
    await this.close();
    for (const task of this.#queue.take(() => true)) {
      this.#finish(
        task,
        task.isInDoubt ? inDoubt('link_lost') : { outcome: 'rejected', code: 'unit_unknown' },
      );
    }
  }

  /** Says goodbye. Commands that wait stay in the journal, for the next start. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const cancel of [this.#cancelExpiry, this.#cancelPause]) cancel?.();
    this.#stopDialTimer();
    this.#passGate?.();
    if (this.#underWay) {
      const { done } = this.#underWay;
      await Promise.race([done, this.#patience()]);
    }
    this.#cancelPatience?.();
    this.#stopLinkTimers();
    this.#connected?.link.goodbye();
    await this.#underWay?.done;
  }

  #cancelPatience: CancelTimer | undefined;

  async #patience(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#cancelPatience = this.#deps.clock.after(CLOSE_PATIENCE_MS, resolve);
    });
  }

  /** Does whatever is next. Called after everything that happens; never waits. */
  #pump(): void {
    if (this.#isClosed || this.#underWay || this.#cancelPause) return;
    this.#expire();
    const { head } = this.#queue;
    if (this.#connected) {
      if (head) this.#deliver(head, this.#connected);
      else this.#linger();
    } else if (head && !this.#cancelDial) {
      this.#connect();
    }
    this.#armExpiry();
  }

  #supersede(task: CommandTask): void {
    const { affordance, operation } = task.command;
    const older = this.#queue.take(
      ({ command }) =>
        command.verb === 'set' &&
        command.affordance === affordance &&
        command.operation === operation,
    );
    for (const one of older) {
      this.#finish(
        one,
        one.isInDoubt ? inDoubt('link_lost') : { outcome: 'superseded', code: 'superseded' },
      );
    }
  }

  #expire(): void {
    const now = this.#deps.clock.nowMs();
    for (const task of this.#queue.take(({ expiresAtMs }) => (expiresAtMs ?? Infinity) <= now)) {
      this.#finish(
        task,
        task.isInDoubt ? inDoubt('unit_timeout') : { outcome: 'expired', code: 'expired' },
      );
    }
  }

  #armExpiry(): void {
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    const nextMs = this.#queue.nextExpiryMs();
    if (nextMs === undefined || this.#isClosed) return;
    this.#cancelExpiry = this.#deps.clock.after(nextMs - this.#deps.clock.nowMs(), () => {
      this.#cancelExpiry = undefined;
      this.#expire();
      this.#armExpiry();
    });
  }

  #deliver(task: CommandTask, connected: ConnectedUnit): void {
    this.#queue.shift();
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    trace(task, 7, this.#deps.clock.nowMs());
    const done = this.#carryOut(task, connected).then(() => {
      this.#underWay = undefined;
      this.#pump();
    });
    this.#underWay = { task, done };
  }

  async #carryOut(task: CommandTask, { link, model }: ConnectedUnit): Promise<void> {
    let delivered: Delivered;
    try {
      delivered = await deliverCommand(task, { ...this.#deps, log: this.#log, link, model });
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      this.#log.error(
        { err: error, commandId: task.command.id },
        'command could not be carried out',
      );
      delivered = { kind: 'ended', end: { outcome: 'failed', code } };
    }
    const now = this.#deps.clock.monotonicMs();
    const fadeMs = (task.command.transitionMs ?? 0) + FADE_MARGIN_MS;
    this.#lingerUntilMs = now + Math.max(LINGER_MS, fadeMs);
    if (delivered.kind === 'ended') this.#finish(task, delivered.end);
    else this.#tryAgain(task, delivered.reason);
  }

  #tryAgain(task: CommandTask, reason: 'link_lost' | 'unit_timeout' | 'unit_busy'): void {
    this.#log.info({ commandId: task.command.id, reason, attempt: task.attempts }, 'tries again');
    this.#queue.unshift(task);
    if (reason !== 'unit_busy' || this.#isClosed) return;
    this.#cancelPause = this.#deps.clock.after(BUSY_RETRY_MS, () => {
      this.#cancelPause = undefined;
      this.#pump();
    });
  }

  #finish(task: CommandTask, end: TaskEnd): void {
    this.#deps.events.finished(task, end);
  }

  #dialAfter(delayMs: number): void {
    this.#stopDialTimer();
    if (this.#isClosed) return;
    this.#cancelDial = this.#deps.clock.after(delayMs, () => {
      this.#cancelDial = undefined;
      this.#connect();
    });
  }

  #stopDialTimer(): void {
    this.#cancelDial?.();
    this.#cancelDial = undefined;
  }

  /** One connection at most: this is the only place that makes one. */
  #connect(): void {
    if (this.#isClosed || this.#isConnecting || this.#connected) return;
    this.#isConnecting = true;
    const generation = this.#generation;
    const { address, name } = this.#unit;
    this.#log.debug({ name, host: address.host, port: address.port }, 'connecting to unit');
    void connectUnit(
      {
        log: this.#log,
        address,
        time: this.#time,
        listener: this.#listener,
        through: async (gate) => this.#through(gate),
        problemWith: (party) => this.#problemWith(party),
      },
      this.#deps,
    ).then(
      (connected) => {
        this.#isConnecting = false;
        if (this.#isClosed || generation !== this.#generation) {
          this.#connected = connected;
          connected.link.goodbye();
          this.#dialAfter(0);
        } else {
          this.#becomeReady(connected);
        }
      },
      (error: unknown) => {
        this.#isConnecting = false;
        if (generation === this.#generation) this.#failToConnect(error);
        else this.#dialAfter(0);
      },
    );
  }

  async #through(gate: Gate): Promise<() => void> {
    if (this.#queue.length > 0 || this.#isClosed) return () => undefined;
    const entering = gate.enter();
    const passing = new Promise<() => void>((resolve) => {
      this.#passGate = () => {
        // The place in line is given up once it comes.
        resolve(() => {
          void entering.then((leave) => {
            leave();
          });
        });
      };
    });
    const leave = await Promise.race([entering, passing]);
    this.#passGate = undefined;
    return leave;
  }

  #problemWith(party: UnitParty): ErrorCode | undefined {
    const expected = this.#unit.hardwareId;
    const isWrong =
      (expected !== null && expected !== party.hardwareId) ||
      this.#deps.isElsewhere(party.hardwareId);
    return isWrong ? 'unit_wrong' : undefined;
  }

  #failToConnect(error: unknown): void {
    const code = error instanceof AppError ? error.code : 'internal';
    if (code === 'internal') this.#log.error({ err: error }, 'connecting to the unit failed');
    if (this.#isClosed) return;
    this.#presence.become('lost', code, this.#deps.clock.nowMs());
    // `invoke` is now or never; the others wait for the unit until their time is over.
    for (const task of this.#queue.take(({ command }) => command.verb === 'invoke')) {
      this.#finish(task, task.isInDoubt ? inDoubt('link_lost') : { outcome: 'failed', code });
    }
    const isHopeless = code === 'unit_wrong' || code === 'unit_version_unsupported';
    this.#dialAfter(isHopeless ? HOPELESS_RETRY_MS : this.#backoff.next());
    this.#armExpiry();
  }

  #becomeReady(connected: ConnectedUnit): void {
    const { party, model } = connected;
    const now = this.#deps.clock.nowMs();
    this.#connected = connected;
    this.#connectedAtMs = this.#deps.clock.monotonicMs();
    this.#lingerUntilMs = this.#connectedAtMs + PROBE_LINGER_MS;
    this.#unit = { ...this.#unit, hardwareId: party.hardwareId };
    this.#log.info(
      { hardwareId: party.hardwareId, bootId: formatBootId(party.bootId) },
      'unit ready',
    );
    const startedAtMs = now - Number(party.uptimeMs);
    this.#deps.events.described(
      describedOf({ unitId: this.#unit.unitId, party, thing: model.thing, startedAtMs }),
    );
    this.#presence.heard(now);
    this.#presence.become('ready', undefined, now);
    this.#tellTimeHourly(connected);
    this.#pump();
    void this.#subscribe(connected);
  }

  /** After the first command: whoever waits for it should not wait for this. */
  async #subscribe(connected: ConnectedUnit): Promise<void> {
    const { link, model } = connected;
    for (const planned of planSubscriptions(model, this.#deps.sensorIntervalMs)) {
      const value = create(SubscribeSchema, { ...planned });
      const answer = await link.request(
        { case: 'subscribe', value },
        { expected: ['result'], timeoutMs: SUBSCRIBE_TIMEOUT_MS },
      );
      if (!link.isOpen) return;
      const status = answer.ok && answer.body.case === 'result' ? answer.body.value.status : 0;
      if (status !== Status.OK) this.#log.debug({ pid: planned.pid, status }, 'not subscribed');
    }
  }

  #tellTimeHourly({ link }: ConnectedUnit): void {
    this.#cancelTellTime = this.#deps.clock.after(TELL_TIME_EVERY_MS, () => {
      tellTime(link, this.#deps.clock);
      if (this.#connected) this.#tellTimeHourly(this.#connected);
    });
  }

  /** Units on demand are left alone when they have nothing more to do. */
  #linger(): void {
    if (this.#connected?.model.thing['sb:session'] !== 'on-demand' || this.#cancelLinger) return;
    const leftMs = this.#lingerUntilMs - this.#deps.clock.monotonicMs();
    this.#cancelLinger = this.#deps.clock.after(leftMs, () => {
      this.#cancelLinger = undefined;
      if (this.#deps.clock.monotonicMs() < this.#lingerUntilMs) this.#linger();
      else this.#connected?.link.goodbye();
    });
  }

  readonly #listener: LinkListener = {
    report: (report) => {
      if (!this.#connected) return;
      const { party, model } = this.#connected;
      this.#presence.heard(this.#deps.clock.nowMs());
      const readings = this.#reports.readings(report, model);
      if (readings.length === 0) return;
      this.#deps.events.readings(this.#unit.unitId, formatBootId(party.bootId), readings);
    },
    event: (event) => {
      if (!this.#connected) return;
      const { party, model } = this.#connected;
      const happened = this.#reports.event(event, model);
      if (!happened) return;
      const bootId = formatBootId(party.bootId);
      this.#deps.events.happened({ unitId: this.#unit.unitId, bootId, ...happened });
    },
    ended: (end) => {
      this.#endLink(end);
    },
  };

  #endLink(end: LinkEnd): void {
    const { clock } = this.#deps;
    this.#stopLinkTimers();
    this.#connected = undefined;
    if (this.#isClosed) return;
    const lastedMs = clock.monotonicMs() - this.#connectedAtMs;
    if (end.kind === 'closed' || lastedMs >= STABLE_AFTER_MS) this.#backoff.reset();
    if (end.kind === 'closed') {
      this.#dialAfter(PROBE_EVERY_MS * (0.8 + 0.2 * this.#deps.random()));
      return;
    }
    this.#presence.become(end.kind, end.code, clock.nowMs());
    this.#dialAfter(end.code === 'unit_wrong' ? HOPELESS_RETRY_MS : this.#backoff.next());
  }

  #stopLinkTimers(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    this.#cancelTellTime?.();
    this.#cancelTellTime = undefined;
  }
}
