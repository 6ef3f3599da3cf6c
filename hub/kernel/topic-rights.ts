import type { SiteId } from '#protocol/ids.ts';

/**
 * Where a topic or a filter lies: everything that the broker keeps belongs to one site. The
 * whole name, for those who see several sites, is `site/<id>/<topic>`.
 */
export interface TopicPlace {
  readonly site: SiteId;
  /** Within the site; of a filter with its wildcards, and without its share. */
  readonly topic: string;
  /**
   * What the client left away: `''` if it wrote the whole name, and `site/<id>/` (or more) if
   * it wrote a topic of its own. The hub removes it from what it delivers for that filter.
   */
  readonly prefix: string;
}

/**
 * What one principal may do at topics, as of when it was made: the answers are immediate,
 * since one of them is given for each delivery.
 */
export interface TopicGrant {
  /** Undefined: no place that this principal can name. */
  readonly locate: (name: string) => TopicPlace | undefined;
  /** Also asked for wills, at CONNECT and when they are published. */
  readonly mayPublish: (place: TopicPlace) => boolean;
  /** Of the filter as a whole: some of what it matches may still be withheld. */
  readonly maySubscribe: (filter: TopicPlace) => boolean;
  /** Asked for each message, whether live, retained, shared, queued or a will. */
  readonly mayReceive: (place: TopicPlace) => boolean;
}

export type PublisherRights = (place: TopicPlace) => boolean;

/** Who may do what at topics, as the database `D` says. */
export interface TopicRights<P, D> {
  readonly grantOf: (principal: P) => Promise<TopicGrant>;
  /**
   * At which topics of a site somebody may publish, who may be gone: by the word that names it in
   * what it left behind. Asked for wills, within the transaction that publishes them, and for
   * retained messages, before they are sent.
   */
  readonly publisherRights: (db: D, author: string, site: SiteId) => Promise<PublisherRights>;
  /**
   * Before the start: called when grants that were made for these principals no longer hold.
   * The broker delivers nothing more to them until it has asked again.
   */
  readonly onChange: (listener: (concerns: (principal: P) => boolean) => void) => void;
}
