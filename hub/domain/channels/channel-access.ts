import { AppError } from '#protocol/errors.ts';
import { type Channel, parseChannelName } from '#protocol/hub-link/channels.ts';
import { isUser, type Principal } from '../accounts/principal.ts';
import type { SessionService } from '../accounts/session-service.ts';
import type { SiteAccess } from '../sites/site-access.ts';
import type { BaseDirectory } from '../bases/base-directory.ts';

export interface ChannelAccessDeps {
  readonly access: SiteAccess;
  readonly bases: BaseDirectory;
  readonly sessions: Pick<SessionService, 'endsAtMs'>;
}

/** Who may join which channel. */
export class ChannelAccess {
  readonly #deps: ChannelAccessDeps;

  constructor(deps: ChannelAccessDeps) {
    this.#deps = deps;
  }

  /** The channel of this name, when the caller has the right to it. */
  async require(caller: Principal, name: string): Promise<Channel> {
    const channel = parseChannelName(name);
    if (!channel) throw new AppError('channel_unknown');
    if (!(await this.#may(caller, channel))) throw new AppError('channel_forbidden');
    return channel;
  }

  /** When what the caller is known by runs out; Infinity: never. No channel outlives it. */
  async endsAtMs(caller: Principal): Promise<number> {
    switch (caller.kind) {
      case 'session':
        return await this.#deps.sessions.endsAtMs(caller);
      case 'token':
        return caller.expiresAtMs ?? Infinity;
      case 'base':
      case 'device':
      case 'plugin':
        return Infinity;
      default:
        return caller satisfies never;
    }
  }

  async #may(caller: Principal, channel: Channel): Promise<boolean> {
    switch (channel.kind) {
      case 'base': {
        if (caller.kind !== 'base' || caller.baseId !== channel.baseId) return false;
        const base = await this.#deps.bases.find(channel.baseId);
        return base?.removed === false;
      }
      case 'site': {
        if (!isUser(caller)) return false;
        return await this.#deps.access.may(caller, channel.siteId, 'site.read');
      }
      default:
        return channel satisfies never;
    }
  }
}
