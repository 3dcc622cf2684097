/**
 * The mailbox providers, and the domains of their mailboxes. The domains are exact. Only `NAMES_WITH_REGIONS` have regional domains,
 * and only under the listed top-level domains: `live.example.com` is not a mailbox of Microsoft. Companies can host their
 * own domains at these providers. Such domains count under `other`, because only a DNS lookup could tell their host.
 */

/** Names that one provider uses under many top-level domains. Yahoo Japan is a different company, so `co.jp` is not in the list. */
export const NAMES_WITH_REGIONS = {
  microsoft: ['hotmail', 'outlook', 'live'],
  yahoo: ['yahoo', 'aol'],
} as const;

/** `example` is reserved for sample data, such as that of the local run: no mailbox exists there. */
export const REGIONS =
  `example com fr de it es nl be at ch ie dk se no fi gr pt pl cz sk hu ro bg hr rs si ee lv lt ru ca cl pe in id ph sg my vn th kr cn
  co.uk co.in co.id co.il co.kr co.nz co.th co.za com.ar com.au com.br com.cn com.co com.hk com.mx com.my com.pe com.ph com.sg
  com.tr com.tw com.ve com.vn`.split(/\s+/);

export const DOMAINS_BY_PROVIDER = {
  gmail: { name: 'Gmail', domains: 'gmail.com googlemail.com gmail.example' },
  microsoft: {
    name: 'Microsoft (Outlook, Hotmail)',
    domains: 'msn.com windowslive.com passport.com live.jp hotmail.co.jp outlook.jp',
  },
  yahoo: {
    name: 'Yahoo and AOL',
    domains: `ymail.com rocketmail.com y7mail.com myyahoo.com aim.com love.com wow.com games.com ygm.com compuserve.com netscape.net verizon.net
      frontier.com frontiernet.net rogers.com sky.com att.net sbcglobal.net bellsouth.net ameritech.net pacbell.net prodigy.net
      swbell.net flash.net nvbell.net snet.net wans.net`,
  },
  comcast: { name: 'Comcast', domains: 'comcast.net' },
  apple: {
    name: 'Apple (iCloud)',
    domains: 'icloud.com me.com mac.com privaterelay.appleid.com icloud.example',
  },
  yahoo_japan: { name: 'Yahoo Japan', domains: 'yahoo.co.jp ybb.ne.jp' },
  united_internet: {
    name: 'GMX, WEB.DE and mail.com',
    domains: 'gmx.de gmx.net gmx.com gmx.at gmx.ch gmx.fr gmx.example web.de mail.com 1und1.de',
  },
  telekom: { name: 'Telekom (T-Online)', domains: 't-online.de' },
  freenet: { name: 'freenet', domains: 'freenet.de' },
  orange: { name: 'Orange', domains: 'orange.fr wanadoo.fr voila.fr' },
  free: { name: 'Free', domains: 'free.fr' },
  sfr: { name: 'SFR', domains: 'sfr.fr neuf.fr' },
  laposte: { name: 'La Poste', domains: 'laposte.net' },
  italiaonline: {
    name: 'Libero and Virgilio',
    domains: 'libero.it virgilio.it inwind.it iol.it blu.it giallo.it',
  },
  tiscali: { name: 'Tiscali', domains: 'tiscali.it' },
  tim: { name: 'TIM', domains: 'alice.it tin.it' },
  mail_ru: { name: 'Mail.ru', domains: 'mail.ru bk.ru list.ru inbox.ru internet.ru' },
  yandex: { name: 'Yandex', domains: 'yandex.ru yandex.com ya.ru' },
  rambler: { name: 'Rambler', domains: 'rambler.ru' },
  qq: { name: 'QQ', domains: 'qq.com foxmail.com' },
  netease: { name: 'NetEase', domains: '163.com 126.com yeah.net' },
  sina: { name: 'Sina', domains: 'sina.com' },
  sohu: { name: 'Sohu', domains: 'sohu.com' },
  china_mobile: { name: 'China Mobile (139)', domains: '139.com' },
  naver: { name: 'Naver', domains: 'naver.com' },
  daum: { name: 'Daum', domains: 'hanmail.net daum.net' },
  nate: { name: 'Nate', domains: 'nate.com' },
  docomo: { name: 'NTT Docomo', domains: 'docomo.ne.jp' },
  au: { name: 'au (KDDI)', domains: 'au.com ezweb.ne.jp' },
  softbank: { name: 'SoftBank', domains: 'softbank.ne.jp' },
  wp: { name: 'WP (Poland)', domains: 'wp.pl o2.pl' },
  seznam: { name: 'Seznam', domains: 'seznam.cz' },
  telenet: { name: 'Telenet', domains: 'telenet.be' },
  uol: { name: 'UOL', domains: 'uol.com.br bol.com.br' },
  terra: { name: 'Terra', domains: 'terra.com.br' },
  proton: { name: 'Proton', domains: 'proton.me protonmail.com protonmail.ch pm.me' },
  zoho: { name: 'Zoho', domains: 'zoho.com zohomail.com' },
  fastmail: { name: 'Fastmail', domains: 'fastmail.com fastmail.fm' },
} as const;
