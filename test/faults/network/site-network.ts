import type { Cleanup } from '#platform/testing/cleanup.ts';
import { run, tryRun } from './namespaces.ts';

export const HUB_ADDRESS = '10.91.1.2';
const ROUTER_OUTSIDE = '10.91.1.1';
const ROUTER_INSIDE = '10.91.2.1';
const BASE_ADDRESS = '10.91.2.2';

/** Host numbers of units in the site's network. */
export function unitAddress(number: number): string {
  return `10.91.2.${number}`;
}

/**
 * A hub, a router with NAT, and a site behind it, each in a network namespace
 * of its own: base and units are on the router's bridge.
 */
export class SiteNetwork {
  readonly #prefix: string;
  readonly #members = new Set<string>();

  /** Removes what {@link make} created under this name, in this process or another. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  static make(prefix: string, cleanup: Cleanup): SiteNetwork {
    const network = new SiteNetwork(prefix);
    for (const name of ['hub', 'router']) network.#namespace(name, cleanup);
    network.#connect('hub', 'eth0', 'wan');
    network.in('hub', ['ip', 'addr', 'add', `${HUB_ADDRESS}/24`, 'dev', 'eth0']);
    network.in('router', ['ip', 'addr', 'add', `${ROUTER_OUTSIDE}/24`, 'dev', 'wan']);
    network.in('router', ['ip', 'link', 'add', 'br0', 'type', 'bridge']);
    network.in('router', ['ip', 'addr', 'add', `${ROUTER_INSIDE}/24`, 'dev', 'br0']);
    network.in('router', ['ip', 'link', 'set', 'br0', 'up']);
    network.in('router', ['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    // Traffic between base and units goes over the bridge, and the rules ignore it.
    const bridged = '/proc/sys/net/bridge/bridge-nf-call-iptables';
    network.in('router', ['sh', '-c', `[ ! -e ${bridged} ] || echo 0 > ${bridged}`]);
    network.nft('add table ip nat');
    network.nft('add chain ip nat post { type nat hook postrouting priority 100 ; }');
    network.nft('add rule ip nat post oifname wan masquerade');
    network.nft('add table ip site');
    network.nft('add chain ip site path { type filter hook forward priority 0 ; }');
    network.member('base', BASE_ADDRESS, cleanup);
    return network;
  }

  /** The name of a namespace as `ip` knows it. */
  name(member: string): string {
    return `${this.#prefix}-${member}`;
  }

  /** How a program is started there. */
  enter(member: string): string[] {
    return ['ip', 'netns', 'exec', this.name(member)];
  }

  in(member: string, command: readonly string[]): string {
    return run([...this.enter(member), ...command]);
  }

  nft(rule: string): void {
    this.in('router', ['nft', rule]);
  }

  /** Another machine on the site's network. */
  member(member: string, address: string, cleanup: Cleanup): void {
    this.#namespace(member, cleanup);
    const port = `p-${member}`;
    this.#members.add(member);
    this.#connect(member, 'eth0', port);
    this.in('router', ['ip', 'link', 'set', port, 'master', 'br0']);
    this.address([member, address]);
  }

  /** Gives machines these addresses in place of what they have, as good as at once. */
  address(...changes: readonly (readonly [member: string, address: string])[]): void {
    for (const [member] of changes) this.in(member, ['ip', 'addr', 'flush', 'dev', 'eth0']);
    for (const [member, address] of changes) {
      const set = `ip addr add ${address}/24 dev eth0 && ip route replace default via ${ROUTER_INSIDE}`;
      this.in(member, ['sh', '-c', set]);
    }
    for (const other of new Set(['base', ...this.#members])) {
      tryRun([...this.enter(other), 'ip', 'neigh', 'flush', 'all']);
    }
  }

  /** A machine that reaches the hub, and has no route to anything else outside its network. */
  noGateway(member: string): void {
    this.in(member, ['ip', 'route', 'replace', `${HUB_ADDRESS}/32`, 'via', ROUTER_INSIDE]);
    this.in(member, ['ip', 'route', 'del', 'default']);
  }

  /** The path between site and hub is good again, whatever was done to it. */
  mend(): void {
    this.nft('flush chain ip site path');
    tryRun([...this.enter('router'), 'tc', 'qdisc', 'del', 'dev', 'wan', 'root']);
    tryRun([...this.enter('hub'), 'tc', 'qdisc', 'del', 'dev', 'eth0', 'root']);
  }

  /** No link is down, so that the router does not forget its connections with it. */
  cut(): void {
    this.nft('add rule ip site path drop');
  }

  /** So many of a hundred packets, in both directions, are lost. */
  lose(percent: number): void {
    this.nft(`add rule ip site path numgen random mod 100 < ${percent} drop`);
  }

  /** Large packets towards the hub vanish silently (no ICMP). */
  swallowAbove(bytes: number): void {
    this.nft(`add rule ip site path oifname wan meta length > ${bytes} drop`);
  }

  /**
   * A line of so many kilobit in a second, both ways. Hardly more than one
   * packet leaves at once, as on a wire of that speed; the queue before it
   * holds half a second, as that of a home router does.
   */
  slow(kilobits: number): void {
    const shape = ['root', 'tbf', 'rate', `${kilobits}kbit`, 'burst', '1600', 'latency', '500ms'];
    this.in('router', ['tc', 'qdisc', 'add', 'dev', 'wan', ...shape]);
    this.in('hub', ['tc', 'qdisc', 'add', 'dev', 'eth0', ...shape]);
  }

  /**
   * The router forgets connections that were idle for so many seconds, and then drops their
   * packets silently.
   */
  forgetAfter(seconds: number): void {
    const set = (name: string, value: number) =>
      this.in('router', ['sysctl', '-qw', `net.netfilter.nf_conntrack_${name}=${value}`]);
    set('tcp_timeout_established', seconds);
    set('tcp_timeout_unacknowledged', seconds);
    set('tcp_loose', 0);
    this.nft('add rule ip site path ct state invalid drop');
  }

  #namespace(member: string, cleanup: Cleanup): void {
    run(['ip', 'netns', 'add', this.name(member)]);
    cleanup.add(() => {
      // A scenario that was broken off leaves programs behind, which would keep the namespace.
      const { output } = tryRun(['ip', 'netns', 'pids', this.name(member)]);
      for (const pid of output.split(/\s+/).filter((word) => /^\d+$/.test(word))) {
        tryRun(['kill', '-KILL', pid]);
      }
      tryRun(['ip', 'netns', 'del', this.name(member)]);
    });
    this.in(member, ['ip', 'link', 'set', 'lo', 'up']);
  }

  #connect(member: string, device: string, port: string): void {
    const ends = ['type', 'veth', 'peer', 'name', port, 'netns', this.name('router')];
    run(['ip', 'link', 'add', device, 'netns', this.name(member), ...ends]);
    this.in(member, ['ip', 'link', 'set', device, 'up']);
    this.in('router', ['ip', 'link', 'set', port, 'up']);
  }
}
