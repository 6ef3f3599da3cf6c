import { describe, expect, it } from 'vitest';
import { type ResolveName, TargetPolicy } from './target-policy.ts';

const none: ResolveName = () => Promise.resolve([]);

function policy(options: {
  readonly networks?: readonly string[];
  readonly names?: Readonly<Record<string, readonly string[]>>;
}) {
  const { networks = [], names = {} } = options;
  const resolve: ResolveName = (name) => Promise.resolve(names[name] ?? []);
  return new TargetPolicy({ networks, resolve });
}

async function verdictOf(url: string, of = policy({})): Promise<string> {
  const verdict = await of.check(url);
  return verdict.ok ? 'ok' : verdict.reason;
}

describe('an address as a literal', () => {
  it.each([
    // Loopback in every spelling that a URL accepts.
    'https://127.0.0.1/',
    'https://127.1/',
    'https://127.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://127.0.0.1./',
    'https://127.255.255.254/',
    'https://%31%32%37.0.0.1/',
    'https://①②⑦.⓪.⓪.①/',
    'https://127。0。0。1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    // IPv4 within IPv6.
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[0:0:0:0:0:ffff:10.0.0.1]/',
    'https://[::127.0.0.1]/',
    'https://[::ffff:0:127.0.0.1]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://[64:ff9b:1::10.0.0.1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001::1]/',
    // Unspecified, private, shared, link-local.
    'https://0.0.0.0/',
    'https://0/',
    'https://[::]/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://100.127.255.254/',
    'https://169.254.169.254/',
    'https://[fe80::1]/',
    'https://[febf::1]/',
    'https://[fec0::1]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    // Metadata of clouds outside of these.
    'https://168.63.129.16/',
    'https://192.0.0.192/',
    // Documentation, benchmarks, relays, multicast, reserved, broadcast.
    'https://192.0.2.1/',
    'https://198.51.100.1/',
    'https://203.0.113.1/',
    'https://198.18.0.1/',
    'https://198.19.255.255/',
    'https://192.0.0.1/',
    'https://192.88.99.1/',
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://[2001:db8::1]/',
    'https://[3fff::1]/',
    'https://[100::1]/',
    'https://[5f00::1]/',
    'https://[ff02::1]/',
    'https://[4000::1]/',
  ])('%s is refused', async (url) => {
    expect(await verdictOf(url)).toBe('address');
  });

  it.each(['https://93.184.216.34/', 'https://[2606:4700::1111]/', 'https://172.32.0.1/'])(
    '%s of the internet is allowed',
    async (url) => {
      expect(await verdictOf(url)).toBe('ok');
    },
  );
});

describe('a name', () => {
  const names = {
    'good.example': ['93.184.216.34', '2606:4700::1111'],
    'private.example': ['10.0.0.8'],
    'mixed.example': ['93.184.216.34', '192.168.0.1'],
    'mixed6.example': ['93.184.216.34', '::1'],
    'mapped.example': ['::ffff:169.254.169.254'],
    'scoped.example': ['fe80::1%eth0'],
    'odd.example': ['93.184.216.34', 'no address'],
    localhost: ['127.0.0.1'],
  };

  it.each([
    ['good.example', 'ok'],
    ['private.example', 'address'],
    ['mixed.example', 'address'],
    ['mixed6.example', 'address'],
    ['mapped.example', 'address'],
    ['scoped.example', 'address'],
    ['odd.example', 'address'],
    ['localhost', 'address'],
    ['nothing.example', 'name_unknown'],
  ])('%s is as good as the worst of its addresses: %s', async (name, verdict) => {
    expect(await verdictOf(`https://${name}/hook`, policy({ names }))).toBe(verdict);
  });

  it('is looked up anew for each check', async () => {
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const changing = new TargetPolicy({
      networks: [],
      resolve: () => Promise.resolve(answers.shift() ?? []),
    });
    expect(await verdictOf('https://rebind.example/', changing)).toBe('ok');
    expect(await verdictOf('https://rebind.example/', changing)).toBe('address');
  });
});

describe('the form of an address', () => {
  it.each([
    ['http://93.184.216.34/', 'https_required'],
    ['ftp://93.184.216.34/', 'https_required'],
    ['file:///etc/passwd', 'url_invalid'],
    ['gopher://93.184.216.34/', 'https_required'],
    ['javascript:alert(1)', 'url_invalid'],
    ['https://user@93.184.216.34/', 'user_info'],
    ['https://user:password@93.184.216.34/', 'user_info'],
    ['https://93.184.216.34@10.0.0.1/', 'user_info'],
    ['https:///', 'url_invalid'],
    ['93.184.216.34', 'url_invalid'],
    ['', 'url_invalid'],
    ['https://93.184.216.34:25/', 'port'],
    ['https://93.184.216.34:22/', 'port'],
    ['https://93.184.216.34:443/', 'ok'],
    ['https://93.184.216.34:8443/', 'ok'],
    ['https://[fe80::1%25eth0]/', 'url_invalid'],
  ])('%s: %s', async (url, verdict) => {
    expect(await verdictOf(url)).toBe(verdict);
  });
});

describe('networks of the settings', () => {
  const home = policy({
    networks: ['192.168.1.0/24', 'fd00:1::/32'],
    names: {
      nas: ['192.168.1.20'],
      both: ['192.168.1.20', '192.168.2.20'],
      'public.example': ['93.184.216.34'],
    },
  });

  it.each([
    ['http://192.168.1.20:8123/', 'ok'],
    ['https://192.168.1.20/', 'ok'],
    ['http://nas/', 'ok'],
    ['http://nas:25/', 'ok'],
    ['http://[fd00:1::5]/', 'ok'],
    ['http://[::ffff:192.168.1.20]/', 'ok'],
    ['http://192.168.2.20/', 'address'],
    ['https://192.168.2.20/', 'address'],
    ['http://both/', 'address'],
    ['https://127.0.0.1/', 'address'],
    ['http://public.example/', 'https_required'],
    ['https://public.example/', 'ok'],
  ])('%s: %s', async (url, verdict) => {
    expect(await verdictOf(url, home)).toBe(verdict);
  });

  it('are none by default', async () => {
    const closed = new TargetPolicy({ networks: [], resolve: none });
    expect(await verdictOf('http://192.168.1.20/', closed)).toBe('address');
  });
});
