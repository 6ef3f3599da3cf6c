/** Names by which devices may reach the hub: what this browser uses comes first. */
export function hubHosts(hosts: readonly string[], ownHost: string): readonly string[] {
  const own = ownHost.replace(/^\[(.*)\]$/, '$1');
  const isLocal = /^(localhost|127\.|::1$)/.test(own);
  // Nothing but this machine finds it by such a name.
  const all = isLocal ? [...hosts, own] : [own, ...hosts];
  return [...new Set(all)];
}
