// router.ts - hash routes (`#/security`), so that the links in messages work on any static server.
//
// A link from a message carries its token in the fragment: `#/reset-password?token=…`. A fragment is
// never sent to a server; to keep it out of the history as well, the token is taken into memory and
// the entry is rewritten before anything else happens (`takeLink`).

/** Where the page lives; routes are fragments of it. */
const kPage = '/';
/** No route has this path. */
const kNowhere = '/not-found';

export interface Location {
  readonly path: string;
}

let linkToken: { path: string; token: string; desk: boolean } | undefined;

/**
 * Reads the current fragment. A token in it is moved to memory and erased from the address and
 * from this history entry; everything else after `?` is dropped with it.
 */
export function readLocation(): Location {
  // The server answers every address it does not know with this page; only its own is a page of ours.
  if (location.pathname !== kPage && location.pathname !== '/index.html') return { path: kNowhere };
  const fragment = location.hash.replace(/^#/, '');
  const [rawPath = '', query = ''] = fragment.split('?', 2);
  const path = normalise(rawPath);
  if (query || fragment.includes('?')) {
    const parameters = new URLSearchParams(query);
    const token = parameters.get('token');
    if (token) linkToken = { path, token, desk: parameters.get('for') === 'desk' };
    history.replaceState(null, '', `${kPage}#${path}`);
  }
  return { path };
}

/** The token of the link that led to this path, if one did. It stays until `forgetLink`. */
export function tokenFor(path: string): string | undefined {
  return linkToken?.path === path ? linkToken.token : undefined;
}

/** Whether that link was made for a person of the support desk, who signs in at another door. */
export function linkIsForDesk(path: string): boolean {
  return linkToken?.path === path && linkToken.desk;
}

export function forgetLink(): void {
  linkToken = undefined;
}

function normalise(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.startsWith('/') ? trimmed : '/';
}

export function go(path: string, options: { replace?: boolean } = {}): void {
  const target = `#${path}`;
  if (location.hash === target || (location.hash === '' && path === '/')) {
    // Same address, other state (a session began or ended): draw again.
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else if (options.replace) {
    history.replaceState(null, '', `${kPage}${target}`);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = target;
  }
}
