import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEndpointUrl } from '../../lambdas/delivery/endpoint-url.ts';

const STRICT = { allowInsecure: false };
const LOCAL = { allowInsecure: true };

describe('a URL is refused', () => {
  it.each([
    ['http://example.com/', 'url_https_required'],
    ['ftp://example.com/', 'url_https_required'],
    ['file:///etc/passwd', 'url_https_required'],
    ['javascript:alert(1)', 'url_https_required'],
    ['', 'invalid_field'],
    ['example.com/hook', 'invalid_field'],
    ['https:example.com', 'invalid_field'],
    ['https:///example.com', 'invalid_field'],
    ['https://', 'invalid_field'],
    ['https://user:pass@example.com/', 'invalid_field'],
    ['https://exa mple.com/', 'invalid_field'],
    ['https://example.com/\r\nHost: x', 'invalid_field'],
    ['https://example.com:0/', 'invalid_field'],
    ['https://example.com:99999/', 'invalid_field'],
    ['https://intranet/', 'invalid_field'],
    ['https://example..com/', 'invalid_field'],
    [`https://example.com/${'a'.repeat(2048)}`, 'invalid_field'],
    ['https://127.0.0.1/', 'url_address_forbidden'],
    ['https://2130706433/', 'url_address_forbidden'],
    ['https://0x7f.1/', 'url_address_forbidden'],
    ['https://017700000001/', 'url_address_forbidden'],
    ['https://localhost/', 'url_address_forbidden'],
    ['https://LOCALHOST./', 'url_address_forbidden'],
    ['https://app.localhost/', 'url_address_forbidden'],
    ['https://169.254.169.254/latest/meta-data/', 'url_address_forbidden'],
    ['https://10.0.0.1/', 'url_address_forbidden'],
    ['https://[::1]/', 'url_address_forbidden'],
    ['https://[::ffff:127.0.0.1]/', 'url_address_forbidden'],
    ['https://[fd00:ec2::254]/', 'url_address_forbidden'],
    ['https://①②⑦.⓪.⓪.①/', 'url_address_forbidden'],
  ])('%s: %s', (url, code) => {
    expect(checkEndpointUrl(url, STRICT)).toMatchObject({ ok: false, code });
  });

  it.each([
    ['http://10.0.0.1/', 'url_address_forbidden'],
    ['http://169.254.169.254/', 'url_address_forbidden'],
    ['ws://localhost/', 'url_https_required'],
  ])('in the local run too: %s', (url, code) => {
    expect(checkEndpointUrl(url, LOCAL)).toMatchObject({ ok: false, code });
  });
});

describe('a URL is taken', () => {
  it.each([
    ['https://example.com/hook?x=1', 'https://example.com/hook?x=1'],
    ['https://EXAMPLE.com:443/a/../b#part', 'https://example.com/b'],
    ['https://example.com:8443', 'https://example.com:8443/'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://my_hooks.example.com/', 'https://my_hooks.example.com/'],
    ['https://93.184.216.34/', 'https://93.184.216.34/'],
    ['https://[2606:2800:220:1::1]/', 'https://[2606:2800:220:1::1]/'],
  ])('%s, as %s', (text, url) => {
    expect(checkEndpointUrl(text, STRICT)).toEqual({ ok: true, url });
  });

  it.each([
    'http://127.0.0.1:8080/hooks/a',
    'http://localhost:3000/',
    'http://[::1]/',
    'http://example.com/',
  ])('in the local run: %s', (url) => {
    expect(checkEndpointUrl(url, LOCAL)).toMatchObject({ ok: true });
  });

  it('and stored in a form that is taken again, unchanged', () => {
    const urls = fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['https'] });
    const taken = urls.map((text) => checkEndpointUrl(text, STRICT)).filter((checked) => checked.ok);
    fc.assert(
      fc.property(taken, (checked) => {
        expect(checkEndpointUrl(checked.url, STRICT)).toEqual(checked);
      }),
    );
  });
});
