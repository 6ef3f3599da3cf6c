import { type TopicPublish } from '#protocol/http/topics.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { HttpClient } from './http-client.ts';

/** Where the topics of a site are followed, as server-sent events. */
export function topicsPath(id: SiteId, under?: string): string {
  const query = under === undefined ? '' : `?under=${encodeURIComponent(under)}`;
  return `/api/sites/${id}/topics${query}`;
}

/** MQTT topics of a site. */
export function createTopicApi(http: HttpClient) {
  return {
    publish: (id: SiteId, body: TopicPublish) =>
      http.send({ method: 'POST', path: `/api/sites/${id}/topics/publish`, body }),
  };
}
