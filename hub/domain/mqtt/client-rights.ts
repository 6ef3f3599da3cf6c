import type { TopicGrant, TopicRights } from '../../kernel/topic-rights.ts';
import type { DevicePrincipal, Principal } from '../accounts/principal.ts';

export interface ClientRightsDeps {
  readonly devices: TopicRights<DevicePrincipal>;
  readonly tokens: TopicRights<Principal>;
}

/** What whoever may connect may do at topics: a device, or software with an API token. */
export class ClientRights implements TopicRights<Principal> {
  readonly #deps: ClientRightsDeps;

  constructor(deps: ClientRightsDeps) {
    this.#deps = deps;
  }

  readonly grantOf = async (principal: Principal): Promise<TopicGrant> => {
    const { devices, tokens } = this.#deps;
    if (principal.kind === 'device') return await devices.grantOf(principal);
    return await tokens.grantOf(principal);
  };

  readonly onChange = (listener: (concerns: (principal: Principal) => boolean) => void): void => {
    const { devices, tokens } = this.#deps;
    tokens.onChange((concerns) => {
      listener((principal) => principal.kind !== 'device' && concerns(principal));
    });
    devices.onChange((concerns) => {
      listener((principal) => principal.kind === 'device' && concerns(principal));
    });
  };
}
