import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { FrameDecoder } from '#protocol/frame/frame-decoder.ts';
import { decodeEnvelope } from '#protocol/unit-link/envelope.ts';
import type { Envelope, Report } from '#protocol/unit-link/unit_link_pb.ts';
import type { Inspector } from './fault-proxy.ts';

/** A moment in the life of a command between base and unit. */
export const UNIT_MOMENTS = ['before_command', 'after_command', 'before_result'] as const;
export type UnitMoment = (typeof UNIT_MOMENTS)[number];

/** One reading as the unit numbers it. */
export interface SentReading {
  readonly bootId: number;
  readonly seq: number;
  readonly pid: number;
  /** When it was measured, since the unit's start. */
  readonly uptimeMs: number;
}

interface Trap {
  readonly moment: UnitMoment;
  skip: number;
  readonly spring: () => void;
}

/**
 * Listens on a unit's link, with the real codec: counts what the unit reports, and injects a
 * fault when a command or its result passes.
 */
export class UnitTap {
  /** What the unit has sent, whether or not it got through. */
  readonly sent: SentReading[] = [];
  /** When each boot of the unit began at the latest: no report leaves before its measurement. */
  readonly #startedByMs = new Map<number, number>();
  #trap: Trap | undefined;

  /**
   * Calls `spring` at this point, after skipping `skip` occurrences. The frame does not pass,
   * except for `after_command`.
   */
  arm(trap: {
    readonly moment: UnitMoment;
    readonly skip: number;
    readonly spring: () => void;
  }): void {
    this.#trap = { ...trap };
  }

  disarm(): void {
    this.#trap = undefined;
  }

  /** On this machine's clock: late by as much as the quickest report of that boot was on its way. */
  measuredAtMs({ bootId, uptimeMs }: SentReading): number {
    return (this.#startedByMs.get(bootId) ?? 0) + uptimeMs;
  }

  /** For one connection. */
  inspector(): Inspector {
    const decoders = { up: new FrameDecoder(), down: new FrameDecoder() };
    const dialogue = { bootId: 0, commands: new Set<number>(), isBroken: false };
    return (direction, bytes) => {
      const frames: Uint8Array[] = [];
      for (const body of decoders[direction].push(bytes)) {
        const envelope = decodeEnvelope(body);
        const passes =
          envelope === undefined ||
          (direction === 'up'
            ? this.#toUnit(envelope, dialogue.commands)
            : this.#toBase(envelope, dialogue));
        // A dead unit would send nothing after a frame that did not pass.
        if (!passes) dialogue.isBroken = true;
        if (!dialogue.isBroken) frames.push(encodeFrame(body));
        if (passes && direction === 'up' && envelope && isCommand(envelope)) {
          this.#injectFault('after_command');
        }
      }
      return frames;
    };
  }

  #toUnit(envelope: Envelope, commands: Set<number>): boolean {
    if (!isCommand(envelope)) return true;
    commands.add(envelope.requestId);
    return !this.#injectFault('before_command');
  }

  #toBase(envelope: Envelope, dialogue: { bootId: number; commands: Set<number> }): boolean {
    const { requestId, body } = envelope;
    if (body.case === 'hello' && body.value.identity.case === 'unit') {
      dialogue.bootId = body.value.identity.value.bootId;
    }
    if (body.case === 'report') this.#count(dialogue.bootId, body.value);
    if (body.case !== 'result' || !dialogue.commands.delete(requestId)) return true;
    return !this.#injectFault('before_result');
  }

  /** Its values are consecutive samples (docs/unit-link.md section 10). */
  #count(bootId: number, report: Report): void {
    const uptimeMs = Number(report.uptimeMs);
    const startedByMs = this.#startedByMs.get(bootId) ?? Infinity;
    this.#startedByMs.set(bootId, Math.min(startedByMs, Date.now() - uptimeMs));
    for (const [index, { pid }] of report.values.entries()) {
      this.sent.push({ bootId, seq: report.seq + index, pid, uptimeMs });
    }
  }

  #injectFault(moment: UnitMoment): boolean {
    const trap = this.#trap;
    if (trap?.moment !== moment) return false;
    trap.skip -= 1;
    if (trap.skip >= 0) return false;
    this.#trap = undefined;
    trap.spring();
    return true;
  }
}

function isCommand({ body }: Envelope): boolean {
  return (body.case === 'write' || body.case === 'invoke') && body.value.tag !== undefined;
}
