import type { IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { AcceptedCommand, CommandRoute } from '../../kernel/command-route.ts';
import type { BaseEndpointRecord } from '../../store/unit-endpoint.ts';
import type { LoggedBase, Work } from '../../store/unit-of-work.ts';
import type { BaseConnections } from './base-connections.ts';
import type { BaseLinks } from './base-links.ts';

export interface BaseLogRouteDeps {
  readonly links: Pick<BaseLinks, 'ackedSeq'>;
  readonly connections: Pick<BaseConnections, 'isOnline'>;
}

/** To units behind a base: by entries of its log, which it is sent live or fetches when it is back. */
export class BaseLogRoute implements CommandRoute<Work, BaseEndpointRecord> {
  readonly #deps: BaseLogRouteDeps;

  constructor(deps: BaseLogRouteDeps) {
    this.#deps = deps;
  }

  async whyNotNow({ tx }: Work, { baseId }: BaseEndpointRecord): Promise<ErrorCode | undefined> {
    return (await this.#deps.connections.isOnline(tx, baseId)) ? undefined : 'base_offline';
  }

  async accept(
    work: Work,
    endpoint: BaseEndpointRecord,
    command: IssuedCommand,
  ): Promise<AcceptedCommand> {
    const entry = { type: 'command.issued', data: command } as const;
    const { seq, isLive } = await work.appendToBaseLog(this.#logOf(endpoint), entry);
    return { seq, maySend: isLive };
  }

  async recall(work: Work, endpoint: BaseEndpointRecord, id: CommandId): Promise<void> {
    const entry = { type: 'command.cancelled', data: { commandId: id } } as const;
    await work.appendToBaseLog(this.#logOf(endpoint), entry);
  }

  #logOf({ baseKey, baseId }: BaseEndpointRecord): LoggedBase {
    return { key: baseKey, id: baseId, ackedSeq: this.#deps.links.ackedSeq(baseId) };
  }
}
