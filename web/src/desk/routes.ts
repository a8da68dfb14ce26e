// routes.ts - the desk's fragments: `#/`, `#/find`, `#/user/<id>`, `#/case/<id>`. What somebody searched
// for is an address or a name and never becomes part of one: addresses end up in histories.

import type { MessageKey } from '../lib/i18n.js';

export interface Place {
  readonly name: 'queue' | 'find' | 'user' | 'case' | 'not_found';
  /** Of a case or a user. */
  readonly id?: string;
}

export const kTitles: Readonly<Record<Place['name'] | 'sign_in' | 'verify' | 'enrol' | 'refused', MessageKey>> = {
  queue: 'desk.queue.title',
  find: 'desk.find.title',
  user: 'desk.user.title',
  case: 'desk.case.title',
  not_found: 'not_found.title',
  sign_in: 'desk.sign_in.title',
  verify: 'second.title',
  enrol: 'desk.enrol.title',
  refused: 'desk.refused.title',
};

export function place(): Place {
  const path = location.hash.replace(/^#/, '').replace(/\/+$/, '');
  if (path === '' || path === '/') return { name: 'queue' };
  if (path === '/find') return { name: 'find' };
  const [, name, id] = /^\/(case|user)\/([A-Za-z0-9_-]{1,80})$/.exec(path) ?? [];
  return name && id ? { name: name as 'case' | 'user', id } : { name: 'not_found' };
}

export type Hash = '#/' | '#/find' | `#/case/${string}` | `#/user/${string}`;
export const caseHref = (id: string): Hash => `#/case/${id}`;
export const userHref = (id: string): Hash => `#/user/${id}`;

export function goTo(hash: Hash): void {
  if (location.hash === hash || (hash === '#/' && location.hash === '')) {
    // Already here: go to its beginning again.
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = hash;
  }
}
