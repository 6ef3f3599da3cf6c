import type { z } from 'zod';
import { Command } from '#protocol/command/command.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import { type CommandRequest, CommandTrace } from '#protocol/http/commands.ts';
import { HistoryAnswer, type HistoryPoint, UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { ApiClient } from './api-client.ts';
import { until } from '#platform/testing/until.ts';

export interface SentCommand {
  readonly status: number;
  readonly command: Command;
}

/** The hub checks verbs and operations, so a test may send invalid ones. */
export type CommandBody = z.input<typeof CommandRequest>;

/** What a person sees and does of one unit, through the API. */
export class SystemUnit {
  readonly id: UnitId;
  readonly #api: ApiClient;

  constructor(api: ApiClient, id: UnitId) {
    this.#api = api;
    this.id = id;
  }

  view(): Promise<UnitView> {
    return this.#api.get(UnitView, `/api/units/${this.id}`);
  }

  /** Waits until the unit is described and ready. */
  ready(timeoutMs?: number): Promise<UnitView> {
    const isReady = async (): Promise<UnitView | undefined> => {
      const view = await this.view();
      return view.presence.state === 'ready' && view.description ? view : undefined;
    };
    return until(`unit ${this.id} is ready`, isReady, timeoutMs);
  }

  /**
   * Sends a command; with `wait` the answer arrives when it has ended, or after so many
   * seconds.
   */
  async command(body: CommandBody, options: { readonly wait?: number } = {}): Promise<SentCommand> {
    const headers: Record<string, string> =
      options.wait === undefined ? {} : { prefer: `wait=${options.wait}` };
    const path = `/api/units/${this.id}/commands`;
    const answer = await this.#api.send('POST', path, { body, headers });
    if (answer.status >= 300) throw new Error(`command answered ${answer.status}: ${answer.text}`);
    return { status: answer.status, command: Command.parse(JSON.parse(answer.text)) };
  }

  /** Waits until a command has ended. */
  ended(commandId: string): Promise<Command> {
    return until(`command ${commandId} has ended`, async () => {
      const { command } = await this.#api.get(CommandTrace, `/api/commands/${commandId}/trace`);
      return isFinal(command.state) ? command : undefined;
    });
  }

  /** Every stored reading of a property since a time, oldest first. */
  async rawHistory(fromMs: number, property = 'illuminance'): Promise<HistoryPoint[]> {
    return (await this.history(fromMs, property)).points;
  }

  /** The same with the gaps between them. */
  async history(fromMs: number, property = 'illuminance'): Promise<HistoryAnswer> {
    const query = `property=${property}&from=${fromMs}&to=${Date.now() + 60_000}&resolution=raw`;
    return this.#api.get(HistoryAnswer, `/api/units/${this.id}/history?${query}`);
  }
}
