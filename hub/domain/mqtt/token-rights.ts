import { roleMay, type SitePermission } from '#protocol/access/permissions.ts';
import { SiteId, TokenId, UserId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { findToken } from '../../store/api-tokens.ts';
import { partsOfSubject } from '../../kernel/subject.ts';
import type {
  PublisherRights,
  TopicGrant,
  TopicPlace,
  TopicRights,
} from '../../kernel/topic-rights.ts';
import { roleOf, siteIdsOf } from '../../store/sites.ts';
import type { Db } from '../../store/schema.ts';
import {
  isUser,
  type Principal,
  principalMay,
  reachesSite,
  type TokenPrincipal,
  type UserPrincipal,
} from '../accounts/principal.ts';
import type { Revocation, Revocations } from '../accounts/revocations.ts';
import type { SiteAccess } from '../sites/site-access.ts';

/** Each lets its holder connect. */
export const MQTT_PERMISSIONS = [
  'site.read',
  'unit.control',
  'app.connect',
  'device.connect',
] as const satisfies readonly SitePermission[];
const WRITERS: readonly SitePermission[] = ['unit.control', 'app.connect', 'device.connect'];

const WHOLE_NAME = /^site\/([^/+#]{1,64})\/(.*)$/s;

export interface TokenRightsDeps {
  readonly db: Db;
  readonly access: Pick<SiteAccess, 'may'>;
  readonly revocations: Pick<Revocations, 'listen'>;
  readonly clock: Clock;
}

/** What API tokens may do: everything at the topics of their sites that their scope allows. */
export class TokenRights implements TopicRights<Principal, Db> {
  readonly #deps: TokenRightsDeps;

  constructor(deps: TokenRightsDeps) {
    this.#deps = deps;
  }

  readonly grantOf = async (principal: Principal): Promise<TopicGrant> => {
    if (!isUser(principal)) return new SiteGrant(new Map());
    const { access } = this.#deps;
    const rights = new Map<SiteId, boolean>();
    for (const site of await this.#sitesOf(principal)) {
      const may = async (permission: SitePermission) =>
        await access.may(principal, site, permission);
      const mayWrite = (await Promise.all(WRITERS.map(may))).includes(true);
      if (mayWrite || (await may('site.read'))) rights.set(site, mayWrite);
    }
    return new SiteGrant(rights);
  };

  /** Reads within the transaction, which sees its own changes, and uses no cache. */
  readonly publisherRights = async (
    db: Db,
    author: string,
    site: SiteId,
  ): Promise<PublisherRights> => {
    const mayWrite = await this.#mayWrite(db, author, site);
    return (place) => mayWrite && place.site === site;
  };

  readonly onChange = (listener: (concerns: (principal: Principal) => boolean) => void): void => {
    this.#deps.revocations.listen((revocation) => {
      listener((principal) => isUser(principal) && concerns(revocation, principal));
    });
  };

  async #mayWrite(db: Db, author: string, site: SiteId): Promise<boolean> {
    const { kind, id } = partsOfSubject(author);
    if (kind === 'user') {
      const user = UserId.safeParse(id);
      const role = user.success ? await roleOf(db, site, user.data) : undefined;
      return role !== undefined && roleMay(role, 'unit.control');
    }
    const known = kind === 'token' ? TokenId.safeParse(id) : undefined;
    const token = known?.success ? await findToken(db, known.data) : undefined;
    if (!token || (token.expiresAtMs ?? Infinity) <= this.#deps.clock.nowMs()) return false;
    const { id: tokenId, ...rest } = token;
    const principal: TokenPrincipal = { kind: 'token', tokenId, ...rest };
    if (!reachesSite(principal, site)) return false;
    const role = await roleOf(db, site, token.userId);
    return WRITERS.some(
      (permission) =>
        role !== undefined && principalMay(principal, permission) && roleMay(role, permission),
    );
  }

  async #sitesOf(principal: UserPrincipal): Promise<readonly SiteId[]> {
    if (principal.kind === 'token' && principal.siteIds !== null) return principal.siteIds;
    return await siteIdsOf(this.#deps.db, principal.userId);
  }
}

/** Sites, and whether it may write there. Who has one alone need not name it. */
class SiteGrant implements TopicGrant {
  readonly #rights: ReadonlyMap<SiteId, boolean>;

  constructor(rights: ReadonlyMap<SiteId, boolean>) {
    this.#rights = rights;
  }

  readonly locate = (name: string): TopicPlace | undefined => {
    if (name.startsWith('$')) return undefined;
    const [, id, topic = ''] = WHOLE_NAME.exec(name) ?? [];
    const whole = SiteId.safeParse(id);
    if (whole.success) return topic === '' ? undefined : { site: whole.data, topic, prefix: '' };
    const [only, ...others] = this.#rights.keys();
    if (only === undefined || others.length > 0) return undefined;
    return { site: only, topic: name, prefix: `site/${only}/` };
  };

  readonly mayPublish = ({ site }: TopicPlace): boolean => this.#rights.get(site) ?? false;
  readonly maySubscribe = ({ site }: TopicPlace): boolean => this.#rights.has(site);
  readonly mayReceive = ({ site }: TopicPlace): boolean => this.#rights.has(site);
}

function concerns(revocation: Revocation, { userId }: UserPrincipal): boolean {
  switch (revocation.kind) {
    case 'member':
      return revocation.userId === userId;
    case 'members_changed':
    case 'unheard':
      return true;
    case 'session':
    case 'session_changed':
    case 'token':
    case 'base':
    case 'device':
    case 'credential':
    case 'device_changed':
      return false;
    default:
      return revocation satisfies never;
  }
}
