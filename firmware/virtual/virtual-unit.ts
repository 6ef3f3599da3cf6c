import { create } from '@bufbuild/protobuf';
import { LIMITS } from '#protocol/limits.ts';
import type { NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import {
  type Envelope,
  EventSchema,
  GoodbyeReason,
  type Hello,
  HelloSchema,
  ResetReason,
  type SessionPolicy,
  UnitHelloSchema,
  type Value,
} from '#protocol/unit-link/unit_link_pb.ts';
import { UNIT_LINK_VERSION } from '#protocol/version.ts';
import { answerRequest } from './answer-request.ts';
import type { Capability, CapabilityContext } from './capability.ts';
import type { Clock } from '#platform/clock.ts';
import { DedupeTable } from './dedupe-table.ts';
import { schemaHashOf } from './description.ts';
import { type CommandObserver, Dispatcher } from './dispatcher.ts';
import type { LinkEvents, ServedLink } from './link.ts';
import { Peer } from './peer.ts';
import { Reporter } from './reporter.ts';
import type { Tampering } from './tampering.ts';
import { TicketSlot } from './ticket-slot.ts';
import { WallClock } from './wall-clock.ts';

export interface UnitIdentity {
  readonly hardwareId: string;
  readonly model: string;
  readonly firmwareVersion: string;
  readonly sessionPolicy: SessionPolicy;
}

/** Handed to whoever builds the capabilities of a unit. */
export interface UnitInside extends CapabilityContext {
  readonly wallClock: WallClock;
  readonly restart: () => void;
}

export interface VirtualUnitDeps {
  readonly identity: UnitIdentity;
  readonly clock: Clock;
  readonly build: (inside: UnitInside) => readonly Capability[];
  readonly newBootId: () => number;
  readonly tampering?: Tampering;
  readonly observer?: CommandObserver;
  /** With a key the unit speaks encrypted, and nothing else. */
  readonly encryption?: UnitEncryption;
}

export interface UnitEncryption {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly crypto: NoiseCrypto;
}

const MAX_IN_FLIGHT = 4;

/**
 * The unit's side of the unit link (docs/unit-link.md): who may talk, in
 * which order it is answered, and what is reported unrequested.
 */
export class VirtualUnit {
  readonly #deps: VirtualUnitDeps;
  readonly #done = new DedupeTable();
  readonly #tickets: TicketSlot | undefined;
  readonly #capabilities: readonly Capability[];
  readonly #dispatcher: Dispatcher;
  readonly #reporter: Reporter;
  readonly #wallClock: WallClock;
  readonly schemaHash: bigint;
  #bootId: number;
  #bootedAtMs: number;
  #resetReason: ResetReason = ResetReason.POWER_ON;
  #eventSeq = 0;
  /** Authenticated. */
  #active: Peer | undefined;
  /** Connected, and has not said hello yet. */
  #candidate: Peer | undefined;
  #stopRestart: (() => void) | undefined;

  constructor(deps: VirtualUnitDeps) {
    this.#deps = deps;
    this.#wallClock = new WallClock(deps.clock);
    this.#tickets = deps.encryption && new TicketSlot(deps.encryption.crypto);
    this.#bootId = deps.newBootId();
    this.#bootedAtMs = deps.clock.monotonicMs();
    this.#capabilities = deps.build({
      uptimeMs: () => this.uptimeMs(),
      after: deps.clock.after,
      wallClock: this.#wallClock,
      restart: () => {
        this.#stopRestart ??= deps.clock.after(0, () => {
          this.restart(ResetReason.SOFTWARE);
        });
      },
      notifier: {
        propertyChanged: (pid) => {
          this.#reporter.markChanged(pid);
        },
        emitEvent: (pid, data) => {
          this.#emitEvent(pid, data);
        },
      },
    });
    this.#dispatcher = new Dispatcher(this.#capabilities, this.#done, deps.observer);
    this.#reporter = new Reporter({
      dispatcher: this.#dispatcher,
      uptimeMs: () => this.uptimeMs(),
      after: deps.clock.after,
      send: (report) => this.#active?.send(0, { case: 'report', value: report }),
    });
    this.schemaHash = schemaHashOf(this.affordances());
  }

  /** Eight hex digits; changes at each boot. */
  get bootId(): string {
    return this.#bootId.toString(16).padStart(8, '0');
  }

  get model(): string {
    return this.#deps.identity.model;
  }

  uptimeMs(): number {
    return this.#deps.clock.monotonicMs() - this.#bootedAtMs;
  }

  affordances() {
    return this.#capabilities.flatMap(({ affordances }) => affordances);
  }

  /** A peer has connected. */
  accept(link: ServedLink): LinkEvents {
    const { tampering = {} } = this.#deps;
    const peer = new Peer({ link, tampering, encryption: this.#encryption() });
    if (this.#candidate) {
      peer.close(GoodbyeReason.BUSY);
    } else {
      this.#candidate = peer;
      peer.stopWatch = this.#deps.clock.after(LIMITS.unitHelloTimeoutMs, () => {
        peer.close(GoodbyeReason.NO_HELLO);
        this.#candidate = undefined;
      });
    }
    return {
      data: (chunk) => {
        if (peer.isOpen) this.#receive(peer, chunk);
      },
      closed: () => {
        this.#forget(peer);
      },
    };
  }

  #encryption() {
    const { encryption } = this.#deps;
    if (!encryption || !this.#tickets) return undefined;
    return { ...encryption, tickets: this.#tickets, nowMs: () => this.uptimeMs() };
  }

  /** As after a power cut or a reset: another boot, an empty memory, no peer. */
  restart(reason: ResetReason = ResetReason.POWER_ON): void {
    this.close(GoodbyeReason.RESTART);
    this.#done.clear();
    this.#tickets?.clear();
    this.#eventSeq = 0;
    this.#reporter.restart();
    this.#bootId = this.#deps.newBootId();
    this.#bootedAtMs = this.#deps.clock.monotonicMs();
    this.#wallClock.reset();
    this.#resetReason = reason;
  }

  /** Says goodbye to all peers, and cancels every timer. */
  close(reason: GoodbyeReason = GoodbyeReason.DONE): void {
    this.#stopRestart?.();
    this.#stopRestart = undefined;
    for (const peer of [this.#candidate, this.#active]) {
      if (!peer) continue;
      peer.close(reason);
      this.#forget(peer);
    }
    this.#reporter.clear();
    for (const capability of this.#capabilities) capability.close?.();
  }

  #receive(peer: Peer, chunk: Uint8Array): void {
    peer.heardAtMs = this.#deps.clock.monotonicMs();
    const envelopes = peer.receive(chunk);
    if (envelopes === undefined) {
      peer.close(GoodbyeReason.PROTOCOL_ERROR);
      this.#forget(peer);
      return;
    }
    if (!peer.isOpen) this.#forget(peer);
    for (const envelope of envelopes) {
      if (!peer.isOpen) return;
      if (peer.isTampered(envelope)) continue;
      if (peer.isReady) this.#receiveMessage(peer, envelope, peer.heardAtMs);
      else this.#receiveHello(peer, envelope);
    }
  }

  #receiveHello(peer: Peer, { requestId, body }: Envelope): void {
    if (body.case !== 'hello' || body.value.identity.case !== 'base' || requestId === 0) {
      peer.close(GoodbyeReason.PROTOCOL_ERROR);
      this.#forget(peer);
      return;
    }
    if (body.value.protocolMin > UNIT_LINK_VERSION || body.value.protocolMax < UNIT_LINK_VERSION) {
      peer.close(GoodbyeReason.VERSION);
      this.#forget(peer);
      return;
    }
    this.#active?.close(GoodbyeReason.TAKEN_OVER);
    if (this.#active) this.#forget(this.#active);
    peer.stopWatch?.();
    peer.isReady = true;
    peer.maxBodyBytes = Math.min(LIMITS.frameBodyBytes, body.value.maxBodyBytes);
    this.#candidate = undefined;
    this.#active = peer;
    this.#reporter.beginPeer();
    this.#watchSilence(peer, LIMITS.unitSilentPeerMs);
    peer.send(requestId, { case: 'hello', value: this.#hello() });
  }

  #receiveMessage(peer: Peer, envelope: Envelope, arrivedAtMs: number): void {
    switch (envelope.body.case) {
      case 'time':
        // Section 9: a time that cannot be is ignored.
        this.#wallClock.set(Number(envelope.body.value.epochMs), 'base');
        return;
      case 'goodbye':
        peer.end();
        this.#forget(peer);
        return;
      default:
        break;
    }
    const answer = answerRequest(envelope, {
      dispatcher: this.#dispatcher,
      reporter: this.#reporter,
      affordances: this.affordances(),
      schemaHash: this.schemaHash,
      uptimeMs: this.uptimeMs(),
      waitedMs: this.#deps.clock.monotonicMs() - arrivedAtMs,
    });
    if (answer) peer.send(envelope.requestId, answer);
    this.#reporter.flush();
  }

  /** One timer per peer, set again only when it fires. */
  #watchSilence(peer: Peer, delayMs: number): void {
    peer.stopWatch = this.#deps.clock.after(delayMs, () => {
      const silentMs = this.#deps.clock.monotonicMs() - peer.heardAtMs;
      if (silentMs < LIMITS.unitSilentPeerMs) {
        this.#watchSilence(peer, LIMITS.unitSilentPeerMs - silentMs);
        return;
      }
      peer.close(GoodbyeReason.SILENT);
      this.#forget(peer);
    });
  }

  #forget(peer: Peer): void {
    peer.forget();
    if (this.#candidate === peer) this.#candidate = undefined;
    if (this.#active !== peer) return;
    this.#active = undefined;
    this.#reporter.endPeer();
  }

  #emitEvent(pid: number, data: Value): void {
    this.#eventSeq += 1;
    const uptimeMs = BigInt(Math.floor(this.uptimeMs()));
    this.#active?.send(0, {
      case: 'event',
      value: create(EventSchema, { seq: this.#eventSeq, uptimeMs, pid, data }),
    });
  }

  #hello(): Hello {
    const { identity } = this.#deps;
    const unit = create(UnitHelloSchema, {
      ...identity,
      schemaHash: this.schemaHash,
      bootId: this.#bootId,
      resetReason: this.#resetReason,
      uptimeMs: BigInt(Math.floor(this.uptimeMs())),
      maxInFlight: MAX_IN_FLIGHT,
    });
    return create(HelloSchema, {
      protocolMin: UNIT_LINK_VERSION,
      protocolMax: UNIT_LINK_VERSION,
      maxBodyBytes: LIMITS.frameBodyBytes,
      identity: { case: 'unit', value: unit },
    });
  }
}
