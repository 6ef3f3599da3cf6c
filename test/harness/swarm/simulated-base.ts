import type { Agent } from 'node:http';
import { io } from 'socket.io-client';
import { LogEntry, ResumeReply, type ResumeRequest } from '#protocol/hub-link/base-log.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { AppError } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';
import { HUB_LINK_VERSION } from '#protocol/version.ts';
import { makeAssertion, type AssertionSigner } from '../../../base-unit/hub-link/assertion.ts';
import type { ClockOffset } from '../../../base-unit/hub-link/clock-offset.ts';
import type { HubHttp } from '../../../base-unit/hub-link/hub-http.ts';
import { type HubSocket, joinChannel } from '../../../base-unit/hub-link/channel/join-channel.ts';

export interface SimulatedBaseDeps {
  readonly prover: AssertionSigner;
  readonly origin: string;
  /** Of all simulated bases: makes the connections of the channel, trusting the hub's CA. */
  readonly agent: Agent;
  readonly http: HubHttp;
  readonly offset: ClockOffset;
}

/**
 * As much of a base as the hub sees of it: its proof, its channel, its
 * resume, its acknowledgements. It keeps its place in the log in memory.
 */
export class SimulatedBase {
  readonly #deps: SimulatedBaseDeps;
  #socket: HubSocket | undefined;
  #place: Omit<ResumeRequest, 'version'> = { epoch: null, lastSeq: 0 };
  /** Everything that it received, including repeats. */
  readonly received: CommandId[] = [];

  constructor(deps: SimulatedBaseDeps) {
    this.#deps = deps;
  }

  get isOnline(): boolean {
    return this.#socket?.connected ?? false;
  }

  /** Connects, joins and resumes. @throws AppError or the refusal of the handshake. */
  async connect(): Promise<void> {
    const { prover, origin, agent, http, offset } = this.#deps;
    // The client's types allow no agent, which it hands on to the WebSocket in Node.
    const dialing: object = { agent };
    const assertion = (): Promise<string> => makeAssertion(prover, Date.now());
    this.disconnect();
    const socket: HubSocket = io(origin, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: { assertion: await assertion() },
      ...dialing,
    });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    const channel = channelName({ kind: 'base', baseId: prover.baseId });
    await joinChannel(socket, { http, offset, channel, assertion });
    socket.on('log.entry', (sent, ack) => {
      this.#receive(LogEntry.parse(sent));
      ack({ ok: true });
    });
    await this.#resume(socket);
  }

  disconnect(): void {
    this.#socket?.removeAllListeners();
    this.#socket?.disconnect();
    this.#socket = undefined;
  }

  async #resume(socket: HubSocket): Promise<void> {
    for (;;) {
      const request = { version: HUB_LINK_VERSION, ...this.#place };
      const reply = ResumeReply.parse(
        await socket.timeout(30_000).emitWithAck('base.resume', request),
      );
      if (!reply.ok) throw new AppError(reply.code);
      if (!reply.recovered) {
        for (const command of reply.commands) this.received.push(command.id);
        this.#place = { epoch: reply.epoch, lastSeq: reply.headSeq };
        return;
      }
      for (const entry of reply.entries) this.#receive(entry);
      if (this.#place.lastSeq >= reply.headSeq) return;
    }
  }

  #receive(entry: LogEntry): void {
    if (entry.epoch === this.#place.epoch && entry.seq <= this.#place.lastSeq) return;
    this.#place = { epoch: entry.epoch, lastSeq: entry.seq };
    if (entry.type === 'command.issued') this.received.push(entry.data.id);
  }
}
