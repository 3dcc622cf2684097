/** Leads an anchor of the single page of earlier versions to its page: `/docs#retries` to `/docs/retries`. */
export function followMovedAnchor(): void {
  const { moved } = document.documentElement.dataset;
  const anchor = location.hash.slice(1);
  if (moved === undefined || anchor === '' || document.getElementById(anchor)) return;
  const addresses = new Map(Object.entries(JSON.parse(moved) as Readonly<Record<string, string>>));
  const address = addresses.get(anchor);
  if (address !== undefined) location.replace(new URL(address, document.baseURI));
}

/** Keeps the current page visible in long contents. */
export function showCurrentPage(): void {
  const contents = document.querySelector<HTMLElement>('#contents .inside');
  const current = contents?.querySelector<HTMLElement>('[aria-current="page"]');
  if (contents && current && current.offsetTop > contents.clientHeight - 80)
    contents.scrollTop = current.offsetTop - contents.clientHeight / 3;
}

/** Marks the section on the screen in the list of the page. */
export function followReading(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>('.on-page a, .contents .operations a')].map((link) => [
      link.hash.slice(1),
      link,
    ]),
  );
  if (links.size === 0) return;
  const headings = [...links.keys()].flatMap((id) => document.getElementById(id) ?? []);
  const update = (): void => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const current = passed.at(-1) ?? headings[0];
    for (const [id, link] of links) link.classList.toggle('current', id === current?.id);
  };
  addEventListener('scroll', update, { passive: true });
  update();
}

/** Closes the menu of a narrow screen when the reader follows a link to the same page. */
export function closeMenuOnLink(): void {
  const contents = document.getElementById('contents');
  contents?.addEventListener('click', (event) => {
    if (event.target instanceof HTMLAnchorElement && contents.matches(':popover-open'))
      contents.hidePopover();
  });
}

/** Opens the collapsed parts before printing, because paper has no buttons. */
export function openForPrint(): void {
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}
