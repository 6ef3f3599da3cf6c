import { expect, it } from 'vitest';
import { reachableHosts, serverNames } from './names.ts';

it('puts first by what an outsider can reach the machine', () => {
  const machine = [
    'localhost',
    '127.0.0.1',
    '::1',
    'attic',
    'attic.local',
    '172.17.0.1',
    '192.168.1.5',
  ];
  const outside = ['203.0.113.9', '2001:db8::9', 'fd00::1', 'vps7.provider.example'];
  const configured = ['hub.example', '*.hub.example'];
  expect(reachableHosts(serverNames([...machine, ...outside, ...configured]), configured)).toEqual([
    'hub.example',
    'vps7.provider.example',
    '203.0.113.9',
    '2001:db8::9',
    '172.17.0.1',
    '192.168.1.5',
    'attic.local',
  ]);
});

it('names only itself where there is no other way', () => {
  expect(reachableHosts(serverNames(['localhost', '127.0.0.1', '::1']), [])).toEqual(['localhost']);
  expect(reachableHosts(serverNames(['localhost', '10.0.0.7']), [])).toEqual(['10.0.0.7']);
});
