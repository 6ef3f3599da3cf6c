import type { LinkEnd } from '../port/unit-driver.ts';
import { create } from '@bufbuild/protobuf';
import type { Logger } from 'pino';
import type { ErrorCode } from '#protocol/errors.ts';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { TicketSecret } from '#protocol/noise/handshake.ts';
import { TAG_BYTES } from '#protocol/noise/noise-crypto.ts';
import type { SecureChannel } from '#protocol/noise/secure-channel.ts';
import { decodeEnvelope, encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  type Envelope,
  type Event,
  GoodbyeReason,
  GoodbyeSchema,
  PingSchema,
  type Report,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { Initiator, type InitiatorDeps } from './initiator.ts';
import {
  type Answer,
  LAST_REQUEST_ID,
  PendingRequests,
  type RequestOptions,
} from './pending-requests.ts';
import type { UnitTime } from '../port/unit-time.ts';
import type { LinkEvents, UnitLink } from '../transport/unit-transport.ts';

interface LinkListener {
  readonly report: (report: Report) => void;
  readonly event: (event: Event) => void;
  readonly ended: (end: LinkEnd) => void;
}

interface FramedLinkDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly time: UnitTime;
  readonly listener: LinkListener;
  /** With it the link is encrypted, and nothing is sent unencrypted. */
  readonly encryption?: InitiatorDeps;
}

/** What an encrypted link has from its handshake. */
export interface Secured {
  readonly ticket: TicketSecret;
  readonly isResumed: boolean;
}

/** Unsolicited answers, after which a unit is no longer trusted. */
const MAX_UNSOLICITED = 16;
/**
 * A unit drops a peer that is silent for 60 s, even while its own reports flow; so we
 * send something well before. The pong also keeps the mapping of its uptime fresh.
 */
const SPEAK_AFTER_MS = 20_000;
/** For a unit that left a command unanswered, and is checked for being alive. */
const SUSPECT_PATIENCE_MS = 5_000;

type Body = NonNullable<EnvelopeBody>;

/** A link that carries frames: requests and answers, keep-alive. */
export class FramedLink {
  readonly #deps: FramedLinkDeps;
  readonly #decoder: FrameDecoder;
  readonly #initiator: Initiator | undefined;
  #channel: SecureChannel | undefined;
  #secured: Secured | undefined;
  #onSecured: (() => void) | undefined;
  readonly #pending: PendingRequests;
  #link: UnitLink | undefined;
  #isEnded = false;
  #unsolicited = 0;
  #heardAtMs: number;
  #spokeAtMs: number;
  #cancelWatch: CancelTimer | undefined;
  #cancelSuspicion: CancelTimer | undefined;
  /** The largest body that the unit accepts. */
  maxBodyBytes: number = LIMITS.frameBodyBytes;

  constructor(deps: FramedLinkDeps) {
    this.#deps = deps;
    this.#initiator = deps.encryption && new Initiator(deps.encryption);
    this.#decoder = new FrameDecoder(this.#initiator ? 'encrypted' : 'plain');
    this.#pending = new PendingRequests(deps.clock);
    this.#heardAtMs = deps.clock.monotonicMs();
    this.#spokeAtMs = this.#heardAtMs;
  }

  get isOpen(): boolean {
    return this.#link !== undefined && !this.#isEnded;
  }

  /** After this much silence the unit may be gone (docs/unit-link.md section 8). */
  get isSuspect(): boolean {
    return this.#deps.clock.monotonicMs() - this.#heardAtMs >= LIMITS.unitSuspectAfterMs;
  }

  /** To be handed to the transport. */
  readonly events: LinkEvents = {
    data: (chunk) => {
      this.#receive(chunk);
    },
    closed: () => {
      this.#end({ kind: 'lost' });
    },
  };

  /** The transport is through; from here on the unit is watched. */
  open(link: UnitLink): void {
    this.#link = link;
    if (this.#isEnded) {
      link.destroy();
      return;
    }
    this.#watch(LIMITS.unitPingAfterMs);
    if (this.#initiator) link.write(this.#initiator.start());
  }

  /** Until the link has keys, or has ended; undefined then, and for a plain link. */
  async secured(): Promise<Secured | undefined> {
    if (this.#initiator && !this.#secured && this.isOpen) {
      await new Promise<void>((resolve) => {
        this.#onSecured = resolve;
      });
    }
    return this.#secured;
  }

  /** Whether the unit accepts a request of this size; only text from people can be too long. */
  fits(body: Body): boolean {
    const tagBytes = this.#initiator ? TAG_BYTES : 0;
    return encodeEnvelope(LAST_REQUEST_ID, body).length + tagBytes <= this.maxBodyBytes;
  }

  async request(body: Body, options: RequestOptions): Promise<Answer> {
    if (!this.isOpen) return { ok: false, code: 'link_lost' };
    const requestId = this.#pending.nextId();
    const answer = this.#pending.add(requestId, options);
    this.#write(requestId, body);
    return answer;
  }

  /**
   * It does not answer, and may be gone or have another address: it is pinged, and lost
   * if it stays silent.
   */
  suspect(): void {
    if (!this.isOpen || this.#cancelSuspicion) return;
    const suspectedAtMs = this.#deps.clock.monotonicMs();
    void this.#ping();
    this.#cancelSuspicion = this.#deps.clock.after(SUSPECT_PATIENCE_MS, () => {
      this.#cancelSuspicion = undefined;
      if (this.#heardAtMs < suspectedAtMs) this.#fallSilent();
    });
  }

  send(body: Body): void {
    if (this.isOpen) this.#write(0, body);
  }

  /** Ends the connection in good order. */
  goodbye(reason: GoodbyeReason = GoodbyeReason.DONE): void {
    if (!this.isOpen) return;
    this.send({ case: 'goodbye', value: create(GoodbyeSchema, { reason }) });
    this.#link?.end();
    this.#end({ kind: 'closed' });
  }

  /** Ends the connection because the unit broke a rule, or is not the right one. */
  refuse(code: ErrorCode): void {
    if (this.#isEnded) return;
    if (this.isOpen) {
      const reason =
        code === 'unit_protocol_error' ? GoodbyeReason.PROTOCOL_ERROR : GoodbyeReason.DONE;
      this.send({ case: 'goodbye', value: create(GoodbyeSchema, { reason }) });
    }
    this.#link?.end();
    this.#end({ kind: 'lost', code });
  }

  #write(requestId: number, body: Body): void {
    this.#spokeAtMs = this.#deps.clock.monotonicMs();
    const message = encodeEnvelope(requestId, body);
    if (!this.#initiator) {
      this.#link?.write(encodeFrame(message));
    } else if (this.#channel?.isUsedUp === true) {
      this.#link?.destroy();
      this.#end({ kind: 'lost' });
    } else if (this.#channel) {
      this.#link?.write(this.#channel.seal(message));
    }
    // Nothing is sent before there are keys: a peer without the key must learn nothing.
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    this.#heardAtMs = this.#deps.clock.monotonicMs();
    for (const body of this.#decoder.push(chunk)) {
      if (this.#initiator && !this.#channel) this.#acceptOpening(this.#initiator, body);
      else this.#receiveBody(body);
      if (this.hasEnded()) return;
    }
    const { error } = this.#decoder;
    if (error === undefined) return;
    this.#deps.log.warn({ error }, 'invalid frame from unit');
    const isPlain = this.#initiator !== undefined && error === 'encryption_mismatch';
    this.refuse(isPlain ? 'unit_encryption_missing' : 'unit_protocol_error');
  }

  #acceptOpening(initiator: Initiator, body: Uint8Array): void {
    const step = initiator.accept(body);
    switch (step.kind) {
      case 'say':
        this.#link?.write(step.frame);
        return;
      case 'secured':
        this.#channel = step.channel;
        this.#secured = { ticket: step.ticket, isResumed: step.isResumed };
        this.#onSecured?.();
        return;
      case 'refused':
        this.refuse(step.code);
        return;
      default:
        step satisfies never;
    }
  }

  #receiveBody(body: Uint8Array): void {
    const message = this.#channel ? this.#channel.open(body) : body;
    const envelope = message && decodeEnvelope(message);
    if (envelope) {
      this.#dispatch(envelope);
      return;
    }
    const error = message ? 'bad_message' : 'bad_tag';
    this.#deps.log.warn({ error }, 'invalid message from unit');
    this.refuse('unit_protocol_error');
  }

  /** A method call, since the compiler would assume the field unchanged after a callback. */
  hasEnded(): boolean {
    return this.#isEnded;
  }

  #dispatch(envelope: Envelope): void {
    const { body } = envelope;
    switch (body.case) {
      case 'report':
        this.#deps.listener.report(body.value);
        return;
      case 'event':
        this.#deps.listener.event(body.value);
        return;
      case 'goodbye':
        this.#link?.destroy();
        this.#end({ kind: 'disconnected', ...codeOf(body.value.reason) });
        return;
      case 'hello':
      case 'description':
      case 'result':
      case 'pong':
      case 'resumed':
      case 'updateStatus':
        this.#settleAnswer(envelope);
        return;
      case 'describe':
      case 'read':
      case 'write':
      case 'invoke':
      case 'subscribe':
      case 'resume':
      case 'ping':
      case 'time':
      case 'updateBegin':
      case 'updateChunk':
      case 'updateApply':
      case 'updateAbort':
      case 'updateQuery':
      case undefined:
        // No message of a unit; a later version may have one (docs/unit-link.md section 2).
        return;
      default:
        body satisfies never;
    }
  }

  #settleAnswer(envelope: Envelope): void {
    const problem = this.#pending.settle(envelope);
    if (problem === undefined) return;
    this.#unsolicited += 1;
    this.#deps.log.warn(
      { requestId: envelope.requestId, answer: envelope.body.case, problem },
      'unexpected answer from unit',
    );
    if (problem !== 'unsolicited' || this.#unsolicited > MAX_UNSOLICITED)
      this.refuse('unit_protocol_error');
  }

  /** Keep-alive (docs/unit-link.md section 8): one timer, set again only when it fires. */
  #watch(delayMs: number): void {
    this.#cancelWatch = this.#deps.clock.after(delayMs, () => {
      const now = this.#deps.clock.monotonicMs();
      const silentMs = now - this.#heardAtMs;
      if (silentMs >= LIMITS.unitDeadAfterMs) {
        this.#fallSilent();
        return;
      }
      if (silentMs >= LIMITS.unitPingAfterMs || now - this.#spokeAtMs >= SPEAK_AFTER_MS) {
        void this.#ping();
      }
      const toDeath = LIMITS.unitDeadAfterMs - silentMs;
      const toPing = LIMITS.unitPingAfterMs - silentMs;
      this.#watch(toPing > 0 ? toPing : Math.min(LIMITS.unitPingAfterMs, toDeath));
    });
  }

  #fallSilent(): void {
    const silentMs = this.#deps.clock.monotonicMs() - this.#heardAtMs;
    this.#deps.log.info({ silentMs }, 'unit silent');
    this.#link?.destroy();
    this.#end({ kind: 'lost', code: 'unit_timeout' });
  }

  async #ping(): Promise<void> {
    const sentAtMs = this.#deps.clock.monotonicMs();
    const answer = await this.request(
      { case: 'ping', value: create(PingSchema) },
      // A busy unit may answer `busy` instead of a pong; it is alive.
      { expected: ['pong', 'result'], timeoutMs: LIMITS.unitSuspectAfterMs },
    );
    if (!answer.ok || answer.body.case !== 'pong') return;
    const uptimeMs = Number(answer.body.value.uptimeMs);
    this.#deps.time.sample(uptimeMs, sentAtMs, this.#deps.clock.monotonicMs());
  }

  #end(end: LinkEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelWatch?.();
    this.#cancelSuspicion?.();
    this.#pending.close();
    this.#initiator?.wipe();
    this.#channel?.wipe();
    this.#onSecured?.();
    this.#deps.listener.ended(end);
  }
}

function codeOf(reason: GoodbyeReason): { code?: ErrorCode } {
  switch (reason) {
    case GoodbyeReason.TAKEN_OVER:
      return { code: 'taken_over' };
    case GoodbyeReason.VERSION:
      return { code: 'unit_version_unsupported' };
    case GoodbyeReason.PROTOCOL_ERROR:
      return { code: 'unit_protocol_error' };
    case GoodbyeReason.ENCRYPTION_REQUIRED:
      return { code: 'unit_encryption_required' };
    case GoodbyeReason.BUSY:
      return { code: 'unit_busy' };
    default:
      return {};
  }
}
