import { partsOfSubject } from '../../kernel/subject.ts';
import type { PublisherRights, TopicGrant, TopicRights } from '../../kernel/topic-rights.ts';
import type { SiteId } from '#protocol/ids.ts';
import { WRITERS } from '../../store/writers.ts';
import type { Db } from '../../store/schema.ts';
import type { DevicePrincipal, Principal } from '../accounts/principal.ts';

export interface ClientRightsDeps {
  readonly devices: TopicRights<DevicePrincipal, Db>;
  readonly tokens: TopicRights<Principal, Db>;
}

/** What whoever may connect may do at topics: a device, or software with an API token. */
export class ClientRights implements TopicRights<Principal, Db> {
  readonly #deps: ClientRightsDeps;

  constructor(deps: ClientRightsDeps) {
    this.#deps = deps;
  }

  readonly grantOf = async (principal: Principal): Promise<TopicGrant> => {
    const { devices, tokens } = this.#deps;
    if (principal.kind === 'device') return await devices.grantOf(principal);
    return await tokens.grantOf(principal);
  };

  readonly publisherRights = async (
    db: Db,
    author: string,
    site: SiteId,
  ): Promise<PublisherRights> => {
    const { devices, tokens } = this.#deps;
    // The hub may publish anywhere.
    if (author === WRITERS.hub) return () => true;
    const rights = partsOfSubject(author).kind === 'device' ? devices : tokens;
    return await rights.publisherRights(db, author, site);
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
