import { DeviceId, SiteId } from '#protocol/ids.ts';
import { partsOfSubject } from '../../kernel/subject.ts';
import type {
  PublisherRights,
  TopicGrant,
  TopicPlace,
  TopicRights,
} from '../../kernel/topic-rights.ts';
import { type DeviceRecord, findDevice } from '../../store/devices.ts';
import { keptCredentials } from '../../store/rights.ts';
import type { Db } from '../../store/schema.ts';
import type { DevicePrincipal } from '../accounts/principal.ts';
import type { Revocation, Revocations } from '../accounts/revocations.ts';

export interface DeviceRightsDeps {
  readonly db: Db;
  readonly revocations: Pick<Revocations, 'listen'>;
}

/** First levels that mean something in the whole site: no device has topics of its own there. */
const SHARED = 'shared';
const SITE = 'site';
const UNITS = 'sb';
const SERVER = 'server';

/**
 * What a device may do: publish and subscribe at its own topics, and at nobody else's. Within the
 * site these are `<client id>/…`, `server/<client id>/…` (what older clients publish to),
 * `sb/1/<site>/<client id>/…`, and `shared/<name>/…` if it shares topics with other devices.
 *
 * A client that insists on topics of its own, such as `remote/gps`, keeps them: every other name
 * lies in the shared topics, or else in those of the client id.
 */
export class DeviceRights implements TopicRights<DevicePrincipal, Db> {
  readonly #deps: DeviceRightsDeps;

  constructor(deps: DeviceRightsDeps) {
    this.#deps = deps;
  }

  /** Nothing, once the device or what it connected with is gone. */
  readonly grantOf = async ({ deviceId, credentialIds }: DevicePrincipal): Promise<TopicGrant> => {
    const { db } = this.#deps;
    const device = await findDevice(db, deviceId);
    if (!device) return NOTHING;
    const kept = await keptCredentials(db, credentialIds);
    return kept.length === credentialIds.length ? new DeviceGrant(device) : NOTHING;
  };

  readonly publisherRights = async (db: Db, author: string): Promise<PublisherRights> => {
    const id = DeviceId.safeParse(partsOfSubject(author).id);
    const device = id.success ? await findDevice(db, id.data) : undefined;
    return device ? new DeviceGrant(device).mayPublish : NOTHING.mayPublish;
  };

  readonly onChange = (
    listener: (concerns: (principal: DevicePrincipal) => boolean) => void,
  ): void => {
    this.#deps.revocations.listen((revocation) => {
      listener((principal) => concerns(revocation, principal));
    });
  };
}

const NOTHING: TopicGrant = {
  locate: () => undefined,
  mayPublish: () => false,
  maySubscribe: () => false,
  mayReceive: () => false,
};

/** Where the topics of a device are, and which of them are its own. */
export function topicsOfDevice(
  device: Pick<DeviceRecord, 'siteId' | 'clientId' | 'topicSpace'>,
): TopicGrant {
  return new DeviceGrant(device);
}

/** A topic of the site as the device names it that has it: without where its own topics lie. */
export function ownNameOf(
  { clientId, topicSpace }: Pick<DeviceRecord, 'clientId' | 'topicSpace'>,
  topic: string,
): string {
  const home = homeOf(clientId, topicSpace);
  return topic.startsWith(home) ? topic.slice(home.length) : topic;
}

function homeOf(clientId: string, topicSpace: string | null): string {
  return topicSpace === null ? `${clientId}/` : `${SHARED}/${topicSpace}/`;
}

class DeviceGrant implements TopicGrant {
  readonly #site: SiteId;
  readonly #clientId: string;
  /** Where names lie that say nothing of their place. */
  readonly #home: string;
  /** What its topics begin with. */
  readonly #own: readonly string[];

  constructor({
    siteId,
    clientId,
    topicSpace,
  }: Pick<DeviceRecord, 'siteId' | 'clientId' | 'topicSpace'>) {
    this.#site = siteId;
    this.#clientId = clientId;
    const shared = topicSpace === null ? [] : [`${SHARED}/${topicSpace}/`];
    this.#own = [
      `${clientId}/`,
      `${SERVER}/${clientId}/`,
      `${UNITS}/1/${siteId}/${clientId}/`,
      ...shared,
    ];
    this.#home = homeOf(clientId, topicSpace);
  }

  readonly locate = (name: string): TopicPlace | undefined => {
    if (name.startsWith('$')) return undefined;
    const [first = '', second = ''] = name.split('/', 2);
    switch (first) {
      case SITE:
        return wholeName(name, second);
      case SERVER:
      case SHARED:
      case UNITS:
      case this.#clientId:
        return { site: this.#site, topic: name, prefix: `${SITE}/${this.#site}/` };
      default: {
        const prefix = `${SITE}/${this.#site}/${this.#home}`;
        return { site: this.#site, topic: this.#home + name, prefix };
      }
    }
  };

  readonly mayPublish = (place: TopicPlace): boolean => this.#isOwn(place);
  /** A filter that begins like a topic of its own matches nothing else. */
  readonly maySubscribe = (filter: TopicPlace): boolean => this.#isOwn(filter);
  readonly mayReceive = (place: TopicPlace): boolean => this.#isOwn(place);

  /** Not the level of the name itself: without it nothing would be left of the topic. */
  #isOwn({ site, topic }: TopicPlace): boolean {
    if (site !== this.#site) return false;
    return this.#own.some((start) => topic.length > start.length && topic.startsWith(start));
  }
}

function wholeName(name: string, id: string): TopicPlace | undefined {
  const site = SiteId.safeParse(id);
  const topic = name.slice(SITE.length + id.length + 2);
  return site.success && topic !== '' ? { site: site.data, topic, prefix: '' } : undefined;
}

function concerns(revocation: Revocation, { deviceId }: DevicePrincipal): boolean {
  switch (revocation.kind) {
    case 'device':
    case 'credential':
    case 'device_changed':
      return revocation.deviceId === deviceId;
    case 'unheard':
      return true;
    case 'session':
    case 'session_changed':
    case 'token':
    case 'member':
    case 'members_changed':
    case 'base':
      return false;
    default:
      return revocation satisfies never;
  }
}
