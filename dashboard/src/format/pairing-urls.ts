/**
 * The hub's addresses, the best for a base first. A name that the hub's owner
 * gave it comes first from the hub. An IP address there is a guess among the
 * interfaces, and the one by which this page was reached is known to work.
 */
export function pairingUrls(
  hubUrls: readonly string[],
  pageOrigin: string,
): readonly [string, ...string[]] {
  const [first = pageOrigin, ...rest] = hubUrls;
  if (!isIpUrl(first) || !rest.includes(pageOrigin)) return [first, ...rest];
  return [pageOrigin, ...hubUrls.filter((url) => url !== pageOrigin)];
}

function isIpUrl(url: string): boolean {
  return /^https:\/\/(?:\[|[\d.]+(?::\d+)?$)/.test(url);
}
